# Two stratas and the kernel on one bridge, 192.0.2.11, 192.0.2.12 and 192.0.2.1; and who asks before he takes an address.
#
#     kernel -- br0 --+-- tap1 -- strata httpd, then echo    192.0.2.11
#                     +-- tap2 -- strata httpd, then clients 192.0.2.12
#                     +-- tap3 -- a strata that wants the address of another
. "$(dirname "$0")/lib.sh"

build() {
	ip link add br0 type bridge && ip address add $host/24 dev br0 && ip link set br0 up || return
	for tap in tap1 tap2 tap3; do
		ip tuntap add dev $tap mode tap && ip link set $tap master br0 && ip link set $tap up || return
	done
}

# on N: who is spoken of from here on.
on() {
	stack=192.0.2.1$1
	log=$scratch/server.$1.log
	wire="--tap tap$1 --ip $stack/24 --host-ip none"
}

# Where one just came, its first frames may be lost while the bridge is learning of it.
learnt() { within 60 ping -q -c 1 -W 1 $stack && pings 200 -i 0.005; }

two_at_once() {
	fetch -o "$scratch/first" "http://192.0.2.11/large" &
	fetch -o "$scratch/second" "http://192.0.2.12/large" && wait $! &&
		cmp "$site/large" "$scratch/first" && cmp "$site/large" "$scratch/second"
}

# refused COMMAND...: strata finds that somebody has the address, says so, and ends with status 2.
refused() {
	timeout 300 "$BUILD/strata" "$@" 2>"$scratch/refused"
	got=$?
	cat "$scratch/refused"
	[ $got -eq 2 ] && grep -q "^strata: .*$stack.*; do: " "$scratch/refused"
}

scene() {
	make_site
	head -c 5000000 /dev/urandom >"$site/large"
	check 'a bridge' build

	on 1
	serve $wire "$site"
	first=$server
	on 2
	serve $wire "$site"
	for n in 1 2; do
		on $n
		check "the kernel pings $stack" learnt
		check "a page from $stack" prints x fetch "http://$stack/one"
	done
	check 'a large one from both at once' two_at_once
	check 'nobody takes an address that a strata has' \
		refused echo --tap tap3 --ip $stack/24 --host-ip none --mac 02:00:00:00:00:03 --probe
	check 'who has kept it' prints x fetch "http://$stack/one"
	stop
	on 1
	server=$first
	stop

	start echo $wire
	first=$server
	on 2
	check 'strata to strata: 10 MiB of TCP' timeout 300 "$BUILD/tests/client" $wire pieces 192.0.2.11 7
	check 'strata to strata: UDP of 0 to 65,507 bytes' timeout 300 "$BUILD/tests/udp_client" $wire echo 192.0.2.11 7
	check 'a closed port of TCP' timeout 300 "$BUILD/tests/client" $wire refuse 192.0.2.11 81
	check 'a closed port of UDP' timeout 300 "$BUILD/tests/udp_client" $wire refused 192.0.2.11 81
	stack=$host
	check 'nobody takes an address that the kernel has' refused echo --tap tap3 --ip $host/24 --host-ip none --probe
	on 2
	launch echo $wire --probe
	check 'a free address is taken after probing' within 60 answering
	stop
	on 1
	server=$first
	stop
}
play scene
