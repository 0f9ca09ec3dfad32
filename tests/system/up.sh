# strata up and down, on a computer that is a network namespace; and what it reaches by --nat:
#
#     uid 65534: strata ---- tap0 -- strata0      veth0 ---- veth1        a namespace that is the outside
#                192.0.2.2           192.0.2.1    198.51.100.1   198.51.100.2
. "$(dirname "$0")/lib.sh"

# The caller of sudo, without privileges. Root of a user namespace has nobody else in it: there it is himself without his powers.
user='setpriv --reuid=65534 --regid=65534 --clear-groups'
caller=65534
if [ "${STRATA_WAY-}" = user ]; then
	user='setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all'
	caller=0
fi

up() { SUDO_UID=$caller "$BUILD/strata" up "$@"; }
down() { "$BUILD/strata" down; }

# What there is of interfaces, addresses, settings and rules.
state() {
	ip -brief link | cut -d ' ' -f 1
	ip -brief -4 address | tr -s " " | cut -d " " -f 1,3
	grep -H . /proc/sys/net/ipv4/conf/*/forwarding /proc/sys/net/ipv4/conf/*/accept_redirects
	! command -v nft >/dev/null || nft list ruleset
}

isolate() {
	mount -t tmpfs none /run || exit 1 # what follows is written there
	export XDG_RUNTIME_DIR=/run && chmod 700 /run || return
	[ "$way" != root ] || { mkdir /run/dev && mount -t tmpfs none /run/dev &&
		mknod -m 666 /run/dev/tun c 10 200 && mount --bind /run/dev/tun /dev/net/tun; }
}

remember() { state >"$scratch/before"; }
restored() { state >"$scratch/after" && diff "$scratch/before" "$scratch/after" && [ ! -e /run/strata ]; }

made() {
	[ "$(ls /proc/sys/net/ipv4/conf | grep -cE '^tap[0-9]*$')" -eq "$1" ] &&
		ip -details link show tap0 | grep 'tun type tap .* persist on' &&
		ip link show tap0 | grep 'master strata0' && ip -brief -4 address show strata0 | grep ' 192.0.2.1/24' &&
		[ ! -s /proc/net/if_inet6 ]
}

# start_as_user COMMAND...: strata without privileges, announced or answering.
start_as_user() {
	command=$1
	: >"$log"
	$user env --default-signal=INT "$BUILD/strata" "$@" >"$scratch/server.out" 2>"$log" &
	server=$!
}

answers() { ping -q -c 1 -W 1 "$1"; }

two_machines() {
	start_as_user httpd
	first=$server
	check 'the user runs strata httpd without privileges' within 60 grep -q '^strata: serving .*http://192.0.2.2/' "$log"
	start_as_user echo
	check 'and a second strata beside it' within 60 answers 192.0.2.3
	check 'the host reaches the page' fetch -o "$scratch/page" http://192.0.2.2/
	check 'doctor counts' doctor_counts
	check 'who is in the way is named' says "strata, process $first, has it open; do: kill $first" "$BUILD/strata" echo --tap tap0
	start_as_user echo
	third=$server
	check 'a third finds all in use' full
	for server in $first $second; do
		kill -s INT "$server"
		wait "$server"
	done
}
full() { wait $third; got=$?; cat "$log"; [ $got -eq 2 ] && grep -q 'all of this user.s TAPs, 2, are in use; do: sudo build/strata up 4' "$log"; }
doctor_counts() { second=$server; "$BUILD/strata" doctor | tee "$scratch/doctor"; grep -q 'ok: tap1 is in use by strata, process' "$scratch/doctor"; }

# Only the system can say that somebody logged in. SUDO_UID comes first.
logged_in() {
	echo 12345 >"$scratch/login"
	for owner in 12345 54321; do
		[ $owner = 12345 ] || export SUDO_UID=$owner
		sh -c 'mount --bind "$1" /proc/$$/loginuid && exec "$0/strata" up 1' "$BUILD" "$scratch/login" | grep "uid $owner may open: tap0$" &&
			ip -details link show tap0 | grep " user $owner " && down || return
	done
	unset SUDO_UID
}

# ---- the outside ----

outside() {
	unshare --net sleep 1000 &
	outside=$!
	within 60 other_network || return
	ip link add veth0 type veth peer name veth1 netns $outside && ip address add 198.51.100.1/24 dev veth0 &&
		ip link set veth0 up && $join $outside sh -c 'ip address add 198.51.100.2/24 dev veth1 && ip link set veth1 up &&
			echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
}
other_network() { [ "$(readlink /proc/$outside/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
join="nsenter --net --target"

# reaches [SECONDS]: a strata client inside talks to a server outside, that sees this computer's address.
reaches() {
	rm -f "$scratch/peer" # or the last one's would be taken for this one's
	$join $outside "$BUILD/tests/peer" 7777 echo >"$scratch/peer" 2>&1 &
	peer=$!
	within 60 grep -q listening "$scratch/peer" || return
	$user timeout "${1:-300}" "$BUILD/tests/client" echo 198.51.100.2 7777
	got=$?
	kill $peer 2>/dev/null
	wait $peer 2>/dev/null
	cat "$scratch/peer"
	return $got
}
does_not_reach() { ! reaches 20; }

nat() {
	check 'an outside' outside
	echo 0 >/proc/sys/net/ipv4/conf/all/accept_redirects
	echo 1 >/proc/sys/net/ipv4/conf/veth0/forwarding
	check 'what was before' remember
	check 'without --nat nothing is forwarded' without_nat
	check 'up --nat' up 2 --nat
	check 'the outside is reached, masqueraded' reaches
	check 'up --nat once more changes nothing' again up 2 --nat
	check 'down' down
	check 'restores all that was before, setting by setting' restored
	echo 1 >/proc/sys/net/ipv4/ip_forward
	remember
	check 'where forwarding is on already' up 1 --nat
	check 'down' down
	check 'leaves it on' restored
	kill $outside
}
without_nat() { up 1 && does_not_reach && down; }
again() { state >"$scratch/then" && "$@" && state >"$scratch/now" && diff "$scratch/then" "$scratch/now"; }

# ---- others' things, and ends ----

others() {
	ip tuntap add dev tap0 mode tap && ip tuntap add dev tap1 mode tun && ip link add strata7 type bridge && remember &&
		up 2 && ip link show tap2 | grep 'master strata0' && ip link show tap3 | grep 'master strata0' &&
		! ip link show tap0 | grep master && down && restored && ip link delete tap0 && ip link delete tap1 &&
		ip link delete strata7
}

# A bridge that somebody else made is used, and stays.
others_bridge() {
	ip link add strata0 type bridge && ip address add 192.0.2.1/24 dev strata0 && ip link set strata0 up && remember && up 2 && down &&
		restored && ip link delete strata0
}

# Killed at any moment: up goes on where it was, and down undoes all of it.
killed() {
	remember
	for delay in 0 0.001 0.002 0.003 0.004 0.006 0.008 0.012; do
		SUDO_UID=$caller "$BUILD/strata" up 20 --nat >/dev/null &
		victim=$!
		sleep $delay
		kill -s KILL $victim 2>/dev/null
		wait $victim 2>/dev/null
		down && restored || return
		[ $delay = 0 ] || continue
		up 3 >/dev/null && made 3 && down && restored || return
	done
}

# Who waits for the journal while down removes it writes into a new one. flock(1) keeps both waiting, in the order in which they came;
# where a slow machine changes that order, there is nothing to lose.
at_once() {
	up 2 || return
	exec 9<"$(echo /run/strata/up.*)" && flock 9 || return
	(exec 9<&- && down) &
	first=$!
	sleep 0.3
	(exec 9<&- && up 3) &
	second=$!
	sleep 0.3
	exec 9<&-
	wait $first && wait $second && down && restored
}

# What up made and somebody else removed.
half_gone() { up 2 && ip link delete tap0 && down >"$scratch/said" && grep 'gone already: tap tap0' "$scratch/said" && restored; }

scene() {
	check 'a computer of our own' isolate
	ip link set lo up
	check 'what was before' remember
	check 'down has nothing to do' down
	check 'up 2' up 2
	check 'makes the bridge and TAPs that stay' made 2
	two_machines
	check 'who has no privileges is told, also beside what is there' says 'only root may make one; do: sudo build/strata up' $user "$BUILD/strata" up
	check 'up 3 makes one more' up 3
	check 'so that there are three' made 3
	check 'down' down
	check 'leaves nothing' restored
	[ "$way" != root ] || check 'root by su: the TAPs are his who logged in' logged_in
	check "others' interfaces are passed over and stay" others
	check "a bridge of others is used and stays" others_bridge
	check 'up, killed at any moment, is undone by down' killed
	check 'up and down at once do not lose what was made' at_once
	check 'down does not miss what is gone' half_gone
	check 'no number of TAPs' says 'neither a number of TAPs' "$BUILD/strata" up many
	check 'who has no privileges is told' says 'sudo build/strata up' $user "$BUILD/strata" up
	check 'and leaves nothing either' sh -c '! ls -d /tmp/strata-65534 /run/strata'
	nat
}
play scene
