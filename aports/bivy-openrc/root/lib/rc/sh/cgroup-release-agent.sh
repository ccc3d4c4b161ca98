#!/bin/sh
# Called by the kernel when the last process of a service's group has gone.
[ ! -d "/sys/fs/cgroup/openrc/$1" ] || rmdir "/sys/fs/cgroup/openrc/$1"
