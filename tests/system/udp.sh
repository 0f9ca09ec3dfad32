# UDP between strata and the kernel, both ways, and the three old services of `strata echo` over both protocols.
. "$(dirname "$0")/lib.sh"

kernel() { timeout 300 "$BUILD/tests/udp_peer" "$@"; }
strata() { timeout 300 "$BUILD/tests/udp_client" "$@"; }

# with_kernel_echo COMMAND...: while a UDP echo server on the kernel's sockets has port 7777.
with_kernel_echo() {
	"$BUILD/tests/udp_peer" serve 7777 >"$scratch/peer" 2>&1 &
	peer=$!
	within 60 grep -q listening "$scratch/peer" && "$@"
	got=$?
	kill $peer
	wait $peer 2>/dev/null
	cat "$scratch/peer"
	return $got
}

scene() {
	start echo
	check 'datagrams of 0 to 65,507 bytes, there and back' kernel echo $stack 7
	check '20 at once' kernel burst $stack 7
	check 'discard says nothing' kernel discard $stack
	check 'chargen answers with characters' kernel chargen $stack
	check 'port unreachable: the connected socket of the kernel is told' kernel refused $stack 1007
	for service in echo discard chargen; do
		check "TCP $service" timeout 300 "$BUILD/tests/services" $service $stack
	done
	check 'and it still answers' kernel burst $stack 7
	stop

	check 'strata to the kernel: 0 to 65,507 bytes, there and back' with_kernel_echo strata echo $host 7777
	check 'port unreachable: the connected socket of strata is told' strata refused $host 7778
	check 'an address that nobody has: host unreachable' strata nobody 192.0.2.77 7777
}
play scene
