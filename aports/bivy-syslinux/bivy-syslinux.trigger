#!/bin/sh
# Kernels came or went.
exec /sbin/update-extlinux
