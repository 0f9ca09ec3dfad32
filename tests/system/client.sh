# strata as a client: build/tests/client, written on apps/host.h, and build/tests/peer, which has the kernel's sockets.
. "$(dirname "$0")/lib.sh"

# talk HOW: the peer behaves so, and the client sees it.
talk() {
	: >"$scratch/peer" # at once, so that the last one's word is not taken for this one's
	"$BUILD/tests/peer" 7777 "$1" >"$scratch/peer" 2>&1 &
	peer=$!
	within 60 grep -q listening "$scratch/peer" || return
	timeout 300 "$BUILD/tests/client" "$1" $host 7777
	got=$?
	[ $got -eq 0 ] || kill $peer 2>/dev/null
	wait $peer 2>/dev/null
	cat "$scratch/peer"
	return $got
}

# The peer of a lingering close that was in vain has seen the reset.
stalled() { talk stall && grep -q 'was reset' "$scratch/peer"; }

scene() {
	check '10 MiB there and back, closed one side at a time' talk echo
	check 'a connection refused' timeout 300 "$BUILD/tests/client" refuse $host 7778
	check 'an address that nobody has: host unreachable' timeout 300 "$BUILD/tests/client" nobody 192.0.2.77 7777
	check 'a peer that resets' talk reset
	check 'a close that lingers until the peer has it all' talk linger
	check 'a close that lingers in vain, and resets' stalled
}
play scene
