# strata curl, and a server that behaves badly (tests/system/rude_server.c). The exit statuses are curl's.
. "$(dirname "$0")/lib.sh"
url=http://$host:8080

strata_curl() { timeout 300 "$BUILD/strata" curl --seed 1 "$@" 2>"$log"; }

# ends STATUS TEXT ARGUMENTS...: curl ends with this status, having printed exactly this.
ends() {
	wanted_status=$1 wanted_text=$2
	shift 2
	got=$(strata_curl -sS "$@")
	status=$?
	[ $status -eq "$wanted_status" ] || { echo "status $status instead of $wanted_status" && cat "$log" && return 1; }
	[ "$got" = "$wanted_text" ] || { echo "printed '$got' instead of '$wanted_text'" && return 1; }
}

# says TEXT...: what is said on standard error has a line with each of them.
says() {
	for text in "$@"; do
		grep -qF -- "$text" "$log" || { echo "nothing says '$text':" && cat "$log" && return 1; }
	done
}

good() {
	check 'a page' ends 0 hello $url/plain
	check 'chunks and a trailer' ends 0 hello $url/chunks
	check '1xx are skipped' ends 0 hello $url/interim
	check 'HTTP/1.0' ends 0 hello --http1.0 $url/plain
	check 'several URLs over one connection' ends 0 'hello
hello
5' $url/plain $url/plain $url/count
	check 'a connection that the server has closed is made anew' ends 0 'hello
hello
8' -v $url/close $url/close $url/count
	check 'POST' ends 0 'a=b&c' -d a=b -d c $url/echo
	check 'PUT of a file' ends 0 "$(tr -d '\n' <"$0")" -X PUT -d @"$0" $url/echo
	check '-I' ends 0 "$(printf 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r')" -I $url/plain
	check '-i' ends 0 "$(printf 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello')" -i $url/plain
	check '-v' ends 0 hello -v -H 'X-Own: 1' $url/plain
	check 'as curl shows it' says "*   Trying $host:8080..." "* Connected to $host ($host) port 8080 (#0)" '> GET /plain HTTP/1.1' \
		"> Host: $host:8080" '> X-Own: 1' '< HTTP/1.1 200 OK' '{ [6 bytes data]' "* Connection #0 to host $host left intact"
	check 'by name' ends 0 hello --host web.example=$host http://web.example:8080/plain
	check '50 redirects' ends 0 hello -L $url/next/10
	check 'a byte every 100 ms' ends 0 hello $url/slow
	check 'each connection has --connect-timeout' ends 0 hello -L --connect-timeout 3 $url/later
}

bad() {
	check 'https: 1' ends 1 '' https://$host/
	check 'told in a clear word' says 'https is not supported'
	check 'wrong usage: 2' ends 2 '' --nonsense $url/
	check 'no URL: 3' ends 3 '' 'http://a b/'
	check 'no such name: 6' ends 6 '' --dns $host --max-time 20 http://no.example/
	check 'an IPv6 address: 6' ends 6 '' --dns $host 'http://[2001:db8::1]/'
	check 'which nobody is asked for' says 'it is no name and no IPv4 address'
	check 'nobody listens: 7' ends 7 '' http://$host:8081/
	check 'two lengths: 8' ends 8 '' $url/twice
	check 'a body cut off: 18' ends 18 hello $url/cut
	check '-f: 22' ends 22 '' -f $url/404
	check 'without -f' ends 0 nothing $url/404
	check 'a full disk: 23' status_is 23 full
	check 'connecting for too long: 28' ends 28 '' --connect-timeout 0.5 http://192.0.2.77/
	check 'no answer for too long: 28' ends 28 '' --max-time 0.5 $url/silent
	check '51 redirects: 47' ends 47 '' -L $url/next/9
	check 'redirects in a circle: 47' ends 47 '' -L $url/circle
	check 'a redirect to https: 1' ends 1 '' -L $url/away
	check 'no answer: 52' ends 52 '' $url/none
	check 'a reset: 56' ends 56 '' $url/reset
	check 'a reset in the midst of the body: 56' ends 56 hello $url/cutreset
	check 'a chunk that is none: 56' ends 56 '' $url/badchunk
	check 'a head without end: 56' ends 56 '' $url/head
	check 'control characters' ends 0 '' -v $url/escape
	check 'are shown, not sent to the terminal' says '< X: \x1b[2J\x07'
	check 'the last URL decides' ends 0 hello $url/none $url/plain
}

full() { strata_curl -sS $url/plain >/dev/full; }

files() {
	cd "$scratch" || return
	check '-o' ends 0 '' -o one -o two $url/plain $url/404
	check 'has written it' prints 'hello
nothing' cat one two
	check '-O' ends 0 '' -O $url/plain
	check 'has a name from the URL' prints hello cat plain
	check '-O without a name: 23' ends 23 '' -O $url/next/
	printf hel >part
	check '-C - goes on' ends 0 '' -C - -o part $url/range
	check 'where the file ends' prints hello cat part
	check '-C - of what is all there' ends 0 '' -C - -o part $url/416
	check 'leaves it as it is' prints hello cat part
	check '-C with a server that cannot: 33' ends 33 '' -C 2 $url/plain
	cd - >/dev/null || return
}

# on_a_terminal ARGUMENTS...: what curl shows there while a file comes
on_a_terminal() { script -qec "$BUILD/strata curl -o /dev/null $* $url/gib/1" /dev/null </dev/null; }

shows_a_bar() { on_a_terminal | grep -q '100% \[=*\] 1\.0 MiB of 1\.0 MiB, '; }

is_quiet() { strata_curl -o /dev/null $url/gib/1 && [ ! -s "$log" ]; }

bar() {
	if command -v script >/dev/null; then
		check 'a progress bar on a terminal' shows_a_bar
		check 'none with -s' prints '' on_a_terminal -s
	else
		report ok 'a progress bar on a terminal' 'there is no script(1)'
	fi
	check 'none elsewhere' is_quiet
}

# large MIB ARGUMENTS...: so many zeros come whole, in little memory, and however slowly they are read.
large() {
	mebibytes=$1
	shift
	strata_curl -sS "$@" $url/gib/"$mebibytes" | { sleep 0.5 && cksum; } >"$scratch/sum" || return
	head -c $((mebibytes << 20)) /dev/zero | cksum | diff - "$scratch/sum"
}

flat() { (ulimit -v 65536 && large 200); }

many_urls() {
	set --
	for n in $(seq 300); do
		set -- "$@" -o "$scratch/many.$n" $url/plain
	done
	strata_curl -sS "$@" && cat "$scratch"/many.* >"$scratch/all" && prints 300 grep -c hello "$scratch/all"
}

# More at once than there are TAPs, on the bridge that strata looks for. None may be left then.
crowd() {
	ip link add strata0 type bridge && ip address add $host/24 dev strata0 && ip link set strata0 up || return
	for n in $(seq 500); do
		timeout 300 "$BUILD/strata" curl -sS $url/plain >"$scratch/crowd.$n" 2>&1 &
		set -- "$@" $!
	done
	wait "$@"
	sort "$scratch"/crowd.* | uniq -c
	[ "$(cat "$scratch"/crowd.* | grep -cx hello)" -eq 500 ] && ! ip link show | grep tap
}

scene() {
	BUILD=$(cd "$BUILD" && pwd)
	"$BUILD/tests/rude_server" 8080 >"$scratch/rude" 2>&1 &
	rude=$!
	check 'a rude server starts' within 60 grep -q listening "$scratch/rude"
	good
	bad
	files
	bar
	check '200 MiB to a slow reader, in 64 MiB of address space' flat
	check '5 MiB by way of a wire that loses 2 %' large 5 --loss 2
	check '300 URLs, each into a file' many_urls
	check '500 pages at once' crowd
	kill $rude
}
play scene
