// The answer file that `setup-alpine -c` writes, to be changed by hand.

export const SAMPLE_ANSWERS = `# Answers for setup-alpine
# What is commented out is asked.

# Keyboard: layout and variant
# KEYMAPOPTS="us us"
KEYMAPOPTS=none

# Name of the machine
HOSTNAMEOPTS=alpine

# What makes the nodes in /dev
DEVDOPTS=mdev

# Contents of /etc/network/interfaces
INTERFACESOPTS="auto lo
iface lo inet loopback

auto eth0
iface eth0 inet dhcp
hostname alpine-test
"

# A wpa_supplicant.conf to use for wireless networks
# WIFIOPTS="/path/to/wpa_supplicant.conf"

# Domain and name servers
# DNSOPTS="-d example.com 8.8.8.8"

# Time zone
#TIMEZONEOPTS="UTC"
TIMEZONEOPTS=none

# Proxy of HTTP and FTP
#PROXYOPTS="http://webproxy:8080"
PROXYOPTS=none

# Where packages come from: the first mirror
APKREPOSOPTS="-1"

# A user that administers the machine
USEROPTS="-a -u -g audio,input,video,netdev juser"
#USERSSHKEY="ssh-ed25519 AAAA... juser@example.com"
#USERSSHKEY="https://example.com/juser.keys"

# Server for ssh
SSHDOPTS=openssh
#ROOTSSHKEY="ssh-ed25519 AAAA... juser@example.com"
#ROOTSSHKEY="https://example.com/juser.keys"

# What keeps the time right
# NTPOPTS="openntpd"
NTPOPTS=none

# A disk to install to
# DISKOPTS="-m sys /dev/sda"
DISKOPTS=none

# Where lbu saves to
#LBUOPTS="LABEL=APKOVL"
LBUOPTS=none

# Where packages are kept
#APKCACHEOPTS="/media/LABEL=APKOVL/cache"
APKCACHEOPTS=none

`;
