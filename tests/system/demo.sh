# scripts/demo, the scene of `make run`.
. "$(dirname "$0")/lib.sh"

demo() {
	scripts/demo </dev/null >"$scratch/scene" 2>&1
	got=$?
	cat "$scratch/scene"
	return $got
}

# story TEXT...: the lines of the scene hold these texts, in this order.
story() {
	for text in "$@"; do echo "$text"; done | awk '
		NR == FNR { wanted[++n] = $0; next }
		i < n && index($0, wanted[i + 1]) { i++ }
		END { if (i < n) print "not found, in its place: " wanted[i + 1]; exit i < n }' - "$scratch/scene"
}

# alive MARK: a process that has MARK in its environment.
alive() { grep -qs "STRATA_MARK=$1" /proc/[0-9]*/environ; }
gone() { ! alive "$1"; }

# Ctrl-C goes to every process of the terminal.
interrupted() {
	mark=$(basename "$scratch")
	STRATA_MARK=$mark setsid env --default-signal=INT scripts/demo </dev/null >"$scratch/scene" 2>&1 &
	demo=$!
	within 10 grep -q 'bytes from' "$scratch/scene" || return
	alive $mark || return
	kill -s INT -- -$demo
	wait $demo
	got=$?
	cat "$scratch/scene"
	[ $got -ne 0 ] && within 5 gone $mark && [ -z "$(ls "${TMPDIR:-/tmp}" | grep strata-demo)" ]
}

scene() {
	check 'it plays to its end' demo
	check 'it tells the story' story ARP '3 received, 0% packet loss' 'ICMP' '200 OK' 'TCP'
	check 'Ctrl-C ends it, and nothing is left' interrupted
	check 'without a TAP it says so' unshare --mount sh -c "mount -t tmpfs none /dev/net && scripts/demo </dev/null >$scratch/scene 2>&1"
	check 'and plays the scene in memory' story 'no TAP here: there is no /dev/net/tun' ARP ICMP TCP '200 OK'
}
# Where this machine has no TAP for us, the scene comes in memory by itself.
without() {
	check "without a TAP it plays, too" demo
	check "and says why" story "no TAP here" ARP ICMP TCP "200 OK"
}
play scene without
