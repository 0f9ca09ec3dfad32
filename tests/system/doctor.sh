# What stops strata, and whether it says so: every fault is made, in namespaces of this test. The commands that the messages tell are
# done where they can be done here, word by word, and then the start must succeed. They name strata as it was called, build/strata, and
# tell root no sudo.
. "$(dirname "$0")/lib.sh"

doctor() { "$BUILD/strata" doctor "$@"; }

# who: a process without privileges; in a user namespace that is we ourselves.
who='setpriv --reuid=65534 --regid=65534 --clear-groups'
[ "${STRATA_WAY-}" = root ] || who='setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all'

# over FILE CONTENT: what this file of the system says from now on, until `umount FILE`.
over() { printf '%s\n' "$2" >"$scratch/over" && mount --bind "$scratch/over" "$1"; }

well() { status_is 0 doctor && ! doctor 2>&1 | grep '^strata: '; }

# Every start says the same of it.
all_say() {
	for start in doctor 'httpd --ns' 'ns true' httpd 'up 1'; do
		says "$1" "$BUILD/strata" $start || { echo "strata $start" && return 1; }
	done
}

tun() {
	mount -t tmpfs none /dev/net
	check 'no /dev/net/tun' all_say 'failed on /dev/net/tun: '
	umount /dev/net
	over /dev/net/tun nonsense
	check 'some other file in its place' all_say 'this is no TUN/TAP device'
	umount /dev/net/tun
	[ "$way" = root ] || return
	chmod 640 /run/dev/tun
	for start in httpd doctor 'ns true'; do
		check "a mode that keeps others out: $start" says 'its mode is 0640 and it belongs to root, but this is nobody; do: sudo chmod 0666 /dev/net/tun' \
			$who "$BUILD/strata" $start
	done
	check 'what is said to do' chmod 0666 /dev/net/tun
	check 'helps' $who "$BUILD/strata" doctor
}

taps() {
	check 'TUNSETIFF refused' says 'only root may make one in this network; do: sudo build/strata up, once; or, in a private network, build/strata echo --ns' \
		$who "$BUILD/strata" echo
	ip tuntap add dev tap3 mode tap
	check 'a TAP that nobody has prepared' says "do: sudo ip address add 192.0.2.1/24 dev tap3 && sudo ip link set dev tap3 up" \
		$who "$BUILD/strata" echo --tap tap3
	if [ "$way" = root ]; then
		ip tuntap add dev tap4 mode tap user 12345
		check "another's TAP" says 'it belongs to the user with uid 12345, and this is uid 65534' $who "$BUILD/strata" echo --tap tap4
		ip link delete tap4
	fi
	stack=192.0.2.5 # on tap3
	launch echo --tap tap3
	check 'one that runs' within 60 answering
	check 'makes its TAP busy: the process is named' says "strata, process $server, has it open; do: kill $server" "$BUILD/strata" echo --tap tap3
	check 'by doctor too' says "strata, process $server, has it open" "$BUILD/strata" doctor --tap tap3
	kill -s INT $server
	wait $server
	check 'what is said to do helps' doctor --tap tap3
	ip tuntap add dev tap5 mode tun
	check 'it exists as tun: its cure is named' says 'it exists as tun, not tap, or with several queues; do: build/strata echo --tap tap0' \
		"$BUILD/strata" echo --tap tap5
	ip tuntap add dev tap6 mode tap multi_queue
	check 'it has several queues' says 'with several queues' "$BUILD/strata" echo --tap tap6
	ip link add tap7 type dummy 2>/dev/null || ip link add tap7 type bridge
	check 'it is something else' says 'an interface of this name exists, and is no TAP' "$BUILD/strata" echo --tap tap7
	check 'a name that cannot be' says 'no interface can have this name' "$BUILD/strata" echo --tap much-too-long-a-name
	check 'a bridge that is not there' says 'there is no bridge of this name' "$BUILD/strata" echo --bridge strata9
	ip link add strata0 type bridge
	ip address add 192.0.2.2/24 dev strata0
	check "the host's own address" says "this is the host's own address; do: build/strata echo --ip 192.0.2.3/24" "$BUILD/strata" echo --ip 192.0.2.2/24
	ip link delete strata0
	for tap in tap3 tap5 tap6 tap7; do ip link delete $tap; done
}

# A user namespace that has been told to have none inside; there the limit is ours to set. STRATA LIMIT
without='exec unshare --user --map-root-user sh -c "echo 0 >/proc/sys/user/$1 &&
	exec setpriv --bounding-set=-all --inh-caps=-all $0 ns true"'

namespaces() {
	for limit in max_user_namespaces max_net_namespaces; do
		check "user.$limit is 0" says "do: sudo sysctl -w user.$limit=15000" sh -c "$without" "$BUILD/strata" $limit
	done
}

network() {
	"$BUILD/strata" up 1 >/dev/null
	check 'all is well after up' well
	mkdir -p /run/NetworkManager/devices
	printf '[device]\nmanaged=true\nnm-owned=false\n' >/run/NetworkManager/devices/$(ip -o link show strata0 | cut -d : -f 1)
	check 'NetworkManager manages the bridge' says 'do: nmcli device set strata0 managed no' "$BUILD/strata" doctor
	rm -r /run/NetworkManager
	if ! command -v nft >/dev/null; then
		report ok 'a firewall that drops what is forwarded' 'there is no nft command (nftables)'
		"$BUILD/strata" down >/dev/null
		return
	fi
	{ echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables; } 2>/dev/null
	nft 'table inet filter { chain pass { type filter hook forward priority 0; policy drop; }; }'
	check 'a firewall that drops, and nothing is forwarded' well
	echo 1 >/proc/sys/net/ipv4/ip_forward
	check 'a firewall that drops what is forwarded' says 'do: nft insert rule inet filter pass iifname strata0 accept && nft ' "$BUILD/strata" doctor
	check 'what is said to do' cure
	check 'helps' well
	nft flush ruleset
	nft 'table ip filter { chain DOCKER-USER { }; chain FORWARD { type filter hook forward priority 0; policy drop; jump DOCKER-USER; }; }'
	check "Docker's" says 'do: iptables -I DOCKER-USER -i strata0 -j ACCEPT && iptables -I DOCKER-USER -o strata0 -j ACCEPT' "$BUILD/strata" doctor
	nft flush ruleset
	nft 'table inet firewalld { chain filter_FORWARD { type filter hook forward priority 0; reject; }; }'
	check "firewalld's" says 'do: firewall-cmd --zone=trusted --add-interface=strata0' "$BUILD/strata" doctor
	nft flush ruleset
	"$BUILD/strata" down >/dev/null
}
cure() { sed -n 's/.*; do: //p' "$scratch/line" >"$scratch/cure" && cat "$scratch/cure" && sh "$scratch/cure"; }

scene() {
	mount -t tmpfs none /run || exit 1 # what follows is written there
	export XDG_RUNTIME_DIR="$scratch"
	if [ "$way" = root ]; then
		mkdir /run/dev && mount -t tmpfs -o mode=755 none /run/dev && mknod -m 666 /run/dev/tun c 10 200 &&
			mount --bind /run/dev/tun /dev/net/tun
	fi
	ip link set lo up
	check 'nothing is in the way' well
	tun
	taps
	namespaces
	network
}
play scene
