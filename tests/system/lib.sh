# tests/system/lib.sh: what the system tests share. A test script is
#
#     . "$(dirname "$0")/lib.sh"
#     scene() {
#         serve "$site"                                  strata httpd, in a private network; or start echo, ...
#         check 'what it shows' curl ... http://$stack/
#         stop
#     }
#     play scene
#
# play() runs the scene once for each way in which people run strata: as root in a network namespace, and as an ordinary user in a
# user namespace. Started by root it does both, for the second as uid 65534, who finds a /dev/net/tun that everybody may open bound
# over the machine's, in a mount namespace of this test only. Started by an ordinary user it does what that user may do.
#
# A script that sets bare=yes before has an ordinary user play without a user namespace of ours, in a network where he may do nothing: the
# scene makes its own.
#
# Everything happens in namespaces that die with the processes in them, and in one scratch directory, which is removed. Output is TAP.
set -u
PATH=$PATH:/usr/sbin:/sbin
unset http_proxy all_proxy ALL_PROXY
suite=$(basename "$0" .sh)
bare=${bare-}
stack=192.0.2.2
host=192.0.2.1
count=0

# report ok|'not ok' NAME [SKIP REASON]
report() {
	count=$((count + 1))
	echo "$1 - system::$suite::$2${way:+ ($way)}${3:+ # SKIP $3}"
}

# check NAME COMMAND...: the command must succeed; its output is shown when it does not.
check() {
	what=$1
	shift
	if "$@" >"$scratch/output" 2>&1; then
		report ok "$what"
	else
		report 'not ok' "$what"
		echo "# status $? of: $*"
		tail -n 20 "$scratch/output" | cut -c 1-200 | sed 's/^/#   /'
		[ ! -s "$log" ] || { echo '# strata said:' && tail -n 20 "$log" | sed 's/^/#   /'; }
	fi
}

# status_is N COMMAND...
status_is() {
	wanted=$1
	shift
	"$@"
	got=$?
	[ $got -eq "$wanted" ] || { echo "status $got instead of $wanted" && return 1; }
}

# prints TEXT COMMAND...: standard output is exactly this text.
prints() {
	wanted=$1
	shift
	got=$("$@")
	[ "$got" = "$wanted" ] || { echo "printed '$got' instead of '$wanted'" && return 1; }
}

# within SECONDS COMMAND...: try until it succeeds. Here and wherever a time is given it bounds what hangs: generously, for a machine
# that is slow and busy.
within() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# says TEXT COMMAND...: it fails with status 2, and says one line on standard error that has the form of our errors and this in it.
says() {
	wanted=$1
	shift
	timeout 120 "$@" >"$scratch/said.out" 2>"$scratch/said"
	got=$?
	cat "$scratch/said"
	[ $got -eq 2 ] && grep -F -- "$wanted" "$scratch/said" >"$scratch/line" &&
		grep -q '^strata: .* failed on .*: .*; do: .' "$scratch/line"
}

# curl, bounded and the same on every machine
fetch() { curl -q -sS --max-time 600 "$@"; }

# pings COUNT ARGUMENT...: so many are answered, none is missing, damaged or answered twice, and $scratch/ping is what ping said. However
# long one takes: -W does not do that, once there was an answer, but -w, with which ping sends more until it has heard so many.
pings() {
	pinged=$1
	shift
	ping -n -c "$pinged" -w 300 "$@" $stack >"$scratch/ping"
	status=$?
	tail -n 20 "$scratch/ping" # shown on failure
	[ $status -eq 0 ] && ! grep -E 'DUP|wrong|corrupt|truncated' "$scratch/ping" &&
		awk -F 'icmp_seq=' -v count="$pinged" 'NF > 1 && $2 + 0 <= count { n++ } END { print n " of the first " count; exit n != count }' "$scratch/ping"
}

# launch COMMAND ARGUMENT...: start strata. Signals come as they would from a terminal.
launch() {
	command=$1
	: >"$log" # at once, so that what the last one said is not taken for this one's
	env --default-signal=INT "$BUILD/strata" "$@" >"$scratch/server.out" 2>"$log" &
	server=$!
}

# serve ARGUMENT...: start strata httpd and wait until it can be reached.
serve() {
	launch httpd "$@"
	check 'httpd starts serving' within 60 serving
}

serving() {
	kill -0 $server && grep "^strata: serving .*http://$stack[:/]" "$log"
}

# start COMMAND ARGUMENT...: start one that announces nothing, and wait until it answers.
start() {
	launch "$@"
	check "$1 starts" within 60 answering
}

answering() {
	kill -0 $server && ping -q -c 1 -W 1 $stack
}

# stop [SIGNAL]: end it as a person would; it must end well.
stop() {
	kill -s "${1:-INT}" $server
	check "${1:-INT} ends $command with status 0" status_is 0 wait $server
}

# make_site: $site is a folder of pages that this user can serve, of which the tests know the content.
make_site() {
	site=$scratch/site
	mkdir "$site" "$site/sub"
	printf 'x' >"$site/one"
	printf '<p>Bonjour toi ;-)\n' >"$site/index.html"
	printf 'below\n' >"$site/sub/page.txt"
	printf 'secret\n' >"$scratch/secret"
	ln -s ../secret "$site/link"
}

# enter: the command that makes the namespaces: of network, processes and mounts, so that a scene may lay files over the system's. They
# have a /proc of their own where that is permitted.
enter() {
	command="unshare --net --mount --pid --fork --kill-child"
	[ "$(id -u)" -eq 0 ] || command="$command --map-root-user"
	if $command --mount-proc true 2>/dev/null; then
		echo "$command --mount-proc"
	else
		echo "env ASAN_OPTIONS=detect_leaks=0 $command" # the leak detector reads /proc
	fi
}

# why_not: what stands in the way of a TAP in a namespace, or nothing.
why_not() {
	if [ ! -c /dev/net/tun ]; then
		echo 'there is no /dev/net/tun'
	elif ! { true <>/dev/net/tun; } 2>/dev/null; then
		echo '/dev/net/tun may not be opened'
	elif ! $(enter) true 2>/dev/null; then
		echo 'no network namespace can be made'
	fi
}

# play SCENE [WITHOUT]: every way there is; where there is none, what WITHOUT checks.
play() {
	if [ -n "${STRATA_WAY-}" ]; then
		inside "$1"
		return
	fi
	outside=$(mktemp -d "${TMPDIR:-/tmp}/strata-test.XXXXXX") || exit 2
	trap 'remove "$outside"' EXIT
	trap 'exit 130' HUP INT TERM PIPE
	# A copy that any user can reach, wherever the repository lies.
	mkdir -p "$outside/build/tests" "$outside/tests" "$outside/tmp"
	cp "$BUILD/strata" "$outside/build"
	for source in tests/system/*.c; do
		program=$BUILD/tests/$(basename "$source" .c)
		[ ! -e "$program" ] || cp "$program" "$outside/build/tests"
	done
	cp -R scripts tests/system "$outside"
	mv "$outside/system" "$outside/tests"
	chmod -R a+rX "$outside"

	way=root
	[ "$(id -u)" -eq 0 ] || way=user
	if [ "$way$bare" = useryes ]; then
		play_as "$(why_not)" env
	else
		play_as "$(why_not)" $(enter)
	fi
	if [ "$(id -u)" -eq 0 ]; then
		way=user
		remove "$outside/tmp" && mkdir -m 700 "$outside/tmp" && chown 65534:65534 "$outside/tmp"
		play_as "$(as_user sh -c ". tests/system/lib.sh && why_not")" \
			as_user ${bare:+env} $([ -n "$bare" ] || as_user sh -c ". tests/system/lib.sh && enter")
	fi
	if [ -n "${2-}" ] && [ -n "$(why_not)" ]; then
		way= scratch=$outside/tmp log=$outside/tmp/server.log
		$2
	fi
	echo "1..$count"
}

# play_as REASON COMMAND...: this script once more, by way of the command, unless there is a reason not to.
play_as() {
	reason=$1
	shift
	if [ -n "$reason" ]; then
		report ok everything "$reason"
		return
	fi
	(cd "$outside" && STRATA_WAY=$way BUILD=build TMPDIR=$outside/tmp HOME=$outside "$@" sh "tests/system/$suite.sh") >"$outside/tap" 2>&1
	ended=$?
	cat "$outside/tap"
	count=$((count + $(grep -cE '^(not )?ok' "$outside/tap")))
	[ "$ended" -eq 0 ] || { report 'not ok' 'runs to its end' && echo "# status $ended"; }
	[ -z "$(ls -A "$outside/tmp")" ] || { report 'not ok' 'leaves nothing behind' && ls -lR "$outside/tmp" | sed 's/^/# /'; }
}

# as_user COMMAND...: as an ordinary user who may open /dev/net/tun. Root only.
as_user() {
	unshare --mount ${bare:+--net} sh -c '
		mkdir -p "$0/dev"
		mount -t tmpfs -o mode=755 none "$0/dev" && mknod -m 666 "$0/dev/tun" c 10 200 &&
			mount --bind "$0/dev/tun" /dev/net/tun 2>/dev/null
		cd "$0" && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"' "$outside" "$@"
}

# remove DIRECTORY: and all in it, unless something is mounted there, which might be anything: even the machine's own files. So a scene
# mounts over the system's files, or below /run, and nothing into a scratch directory.
remove() {
	case $1 in /?*/?*) ;; *) return 1 ;; esac
	if grep -qF " $1" /proc/self/mountinfo; then
		echo "# $1 is not removed: something is mounted there"
		return 1
	fi
	rm -rf --one-file-system "$1"
}

# inside SCENE: in the namespaces, where this process is the first and everything ends with it.
inside() {
	way=$STRATA_WAY
	unset STRATA_WAY
	scratch=$(mktemp -d) || exit 2
	log=$scratch/server.log
	trap 'remove "$scratch"' EXIT
	trap 'exit 130' HUP INT TERM PIPE
	for which in all default; do
		{ echo 1 >/proc/sys/net/ipv6/conf/$which/disable_ipv6; } 2>/dev/null
	done
	$1
	exit 0
}

[ -n "${STRATA_WAY-}" ] || cd "$(dirname "$0")/../.." 2>/dev/null || exit 2
BUILD=${BUILD:-build}
