# A bare Debian in a folder, for test-arm64 and test-debian, which read this file. Needs root and
# debootstrap. MIRROR=URL is where it comes from (http://deb.debian.org/debian).
# shellcheck shell=bash

# Makes it in DIR, unless it is there already.
bareroot_make() { # DIR SUITE
	[ ! -e "$1/made" ] || return 0
	rm -rf --one-file-system "$1" &&
		debootstrap --variant=minbase --include=make "$2" "$1" "${MIRROR:-http://deb.debian.org/debian}" &&
		apt-config dump Acquire >"$1/etc/apt/apt.conf.d/90machine" && # its proxy, for one
		touch "$1/made"
}

# The files as they are, with their times, so that only what has changed is built again.
bareroot_copy_sources() { # DIR
	cp /etc/resolv.conf /etc/hosts "$1/etc" &&
		mkdir -p "$1/project" &&
		find "$1/project" -mindepth 1 -maxdepth 1 -not -name build -exec rm -rf {} + &&
		git ls-files -z -co --exclude-standard | tar -c --null -T - | tar -x -C "$1/project"
}

# In a mount name space of its own, so that nothing stays mounted, and without our environment.
bareroot_run() { # DIR COMMAND
	unshare --mount sh -c 'mount -t proc proc "$0/proc" && mount -t sysfs sysfs "$0/sys" &&
		mount --rbind /dev "$0/dev" && exec env -i HOME=/root LANG=C.UTF-8 \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$0" sh -c "cd /project && $1"' "$1" "$2" </dev/null
}

[ "$(id -u)" = 0 ] || { echo 'only root can make a bare Debian' >&2; exit 2; }
