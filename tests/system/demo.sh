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
	rm -f "$scratch/scene" # or the last one's would be taken for this one's
	STRATA_MARK=$mark setsid env --default-signal=INT scripts/demo </dev/null >"$scratch/scene" 2>&1 &
	demo=$!
	within 60 grep -q 'bytes from' "$scratch/scene" || return
	alive $mark || return
	kill -s INT -- -$demo
	wait $demo
	got=$?
	cat "$scratch/scene"
	[ $got -ne 0 ] && within 60 gone $mark && [ -z "$(ls "${TMPDIR:-/tmp}" | grep strata-demo)" ]
}

# The terminal hangs up while a command runs in the shell that will not be told. As under make, the leader of the session only
# waits. script(1) is the terminal.
hung_up() {
	mark=hangup-$(basename "$scratch")
	rm -f "$scratch/scene"
	mkfifo "$scratch/keys"
	exec 4<>"$scratch/keys"
	STRATA_MARK=$mark SHELL=/bin/sh TERM=dumb \
		script -q -f -c 'trap : HUP; scripts/demo; true' "$scratch/scene" <&4 >/dev/null 2>&1 4<&- &
	terminal=$!
	within 60 grep -q 'which leaves nothing behind' "$scratch/scene" || return
	echo 'trap "" HUP; echo run""ning; sleep 1000' >&4
	exec 4<&-
	within 60 grep -q running "$scratch/scene" || return
	kill -s KILL $terminal
	within 60 gone $mark && [ -z "$(ls "${TMPDIR:-/tmp}" | grep strata-demo)" ]
}

scene() {
	check 'it plays to its end' demo
	check 'it tells the story' story ARP '3 received, 0% packet loss' 'ICMP' '200 OK' 'TCP'
	check 'Ctrl-C ends it, and nothing is left' interrupted
	if command -v script >/dev/null; then
		check 'a terminal that hangs up ends it, and nothing is left' hung_up
	else
		report ok 'a terminal that hangs up ends it, and nothing is left' 'there is no script command (bsdutils)'
	fi
	check 'without a TAP it says so' unshare --mount sh -c "mount -t tmpfs none /dev/net && scripts/demo </dev/null >$scratch/scene 2>&1"
	check 'and plays the scene in memory' story 'no TAP here: opening failed on /dev/net/tun: ' 'two stacks play the scene in memory' ARP ICMP TCP '200 OK'
}
# Where this machine has no TAP for us, the scene comes in memory by itself.
without() {
	check "without a TAP it plays, too" demo
	check "and says why" story "no TAP here" ARP ICMP TCP "200 OK"
}
play scene without
