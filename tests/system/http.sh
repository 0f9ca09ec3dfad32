# The HTTP server against a rude client on the kernel's sockets (http_client.c): requests cut at every byte, pipelines, crowds,
# and clients that are slow on purpose.
. "$(dirname "$0")/lib.sh"

client() { timeout 600 "$BUILD/tests/http_client" "$@" $stack 80; }

# raw BYTES COMMAND...: the command gets these bytes, written as printf takes them, on its standard input.
raw() {
	bytes=$1
	shift
	printf "$bytes" | "$@"
}

# answers STATUS BYTES: what a request gets, which then is the last word of the connection, in order.
answers() {
	raw "$2" client say >"$scratch/answer" || return
	head -n 1 "$scratch/answer" | grep -q "^HTTP/1.1 $1 " && [ "$(grep -c '^HTTP/1.1 ' "$scratch/answer")" -eq 1 ] &&
		return
	cat "$scratch/answer"
	return 1
}

# repeat N TEXT: so many times
repeat() { awk -v n="$1" -v text="$2" 'BEGIN { while (n--) printf "%s", text }'; }

# gives WANTED BYTES: the status lines of all answers to these bytes, in a row
gives() {
	raw "$2" client say >"$scratch/answer" || return
	prints "$1" sh -c "grep -ao 'HTTP/1.1 [0-9]* ' '$scratch/answer' | cut -d ' ' -f 2 | tr '\n' ' '"
}

memory() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$server/status"; }

memory_below() { [ "$(memory)" -lt "$1" ] || { echo "$(memory) KiB" && return 1; }; }

close='Host: x\r\nConnection: close\r\n'
post="POST /echo HTTP/1.1\r\n$close"

statuses() {
	check '200' answers 200 "GET /one HTTP/1.1\r\n$close\r\n"
	check '200 in HTTP/1.0, which needs no Host' answers 200 'GET /one HTTP/1.0\r\n\r\n'
	check '200 for the absolute form' answers 200 "GET http://x/one HTTP/1.1\r\n$close\r\n"
	check '200 after empty lines' answers 200 "\r\n\r\nGET /one HTTP/1.1\r\n$close\r\n"
	check '204 for OPTIONS *' answers 204 "OPTIONS * HTTP/1.1\r\n$close\r\n"
	check '400 without a Host' answers 400 'GET /one HTTP/1.1\r\n\r\n'
	check '400 for two of them' answers 400 "GET /one HTTP/1.1\r\nHost: x\r\n$close\r\n"
	check '400 for a line that ends in LF' answers 400 "GET /one HTTP/1.1\n$close\r\n"
	check '400 for a bare CR' answers 400 "GET /one HTTP/1.1\r\nX: a\rb\r\n$close\r\n"
	check '400 for a zero byte' answers 400 "GET /one HTTP/1.1\r\nX: a\\000b\r\n$close\r\n"
	check '400 for a folded line' answers 400 "GET /one HTTP/1.1\r\nX: a\r\n b\r\n$close\r\n"
	check '400 for a space before a colon' answers 400 "GET /one HTTP/1.1\r\nX : a\r\n$close\r\n"
	check '400 for HTTP/0.9' answers 400 'GET /one\r\n'
	check '400 for two lengths' answers 400 "${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
	check '400 for a length and chunks' answers 400 \
		"${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /one HTTP/1.1\r\n$close\r\n"
	check '400 for a chunk that is none' answers 400 "${post}Transfer-Encoding: chunked\r\n\r\nx\r\n"
	check '405 for CONNECT' answers 405 "CONNECT $stack:80 HTTP/1.1\r\n$close\r\n"
	check '411' answers 411 "$post\r\n"
	check '413 for a chunk of 2^64 - 1' answers 413 "${post}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n"
	check '414' answers 414 "GET /$(repeat 10000 a) HTTP/1.1\r\n$close\r\n"
	check '431 for one field' answers 431 "GET /one HTTP/1.1\r\n${close}X: $(repeat 20000 a)\r\n\r\n"
	check '431 for many' answers 431 "GET /one HTTP/1.1\r\n$close$(repeat 200 'a: b\r\n')\r\n"
	check '501 for a method in small letters' answers 501 "get /one HTTP/1.1\r\n$close\r\n"
	check '501 for a coding that is unknown' answers 501 "${post}Transfer-Encoding: gzip, chunked\r\n\r\n"
	check '505' answers 505 "GET /one HTTP/3.0\r\n$close\r\n"
	check "505 for HTTP/2's preface" answers 505 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
}

scene() {
	make_site
	printf 'yy' >"$site/two"
	truncate -s 1G "$site/large"
	serve "$site"
	statuses
	check 'a pipeline is answered in order, up to its end' gives '200 404 200 ' \
		"GET /one HTTP/1.1\r\nHost: x\r\n\r\nHEAD /none HTTP/1.1\r\nHost: x\r\n\r\nGET /one HTTP/1.0\r\n\r\nGET /two HTTP/1.1\r\n\r\n"
	check 'a request cut at every byte' raw "GET /one HTTP/1.1\r\nRange: bytes=0-0\r\n$close\r\n" client split
	check 'content cut at every byte' raw "${post}Content-Length: 11\r\n\r\nhello world" client split
	check 'chunks cut at every byte' raw \
		"${post}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n" client split
	check 'what is wrong cut at every byte' raw "GET /one HTTP/1.1\r\nX : y\r\n$close\r\n" client split
	check 'each byte by itself' raw "GET /one HTTP/1.1\r\n$close\r\n" client trickle
	check '1,000 connections at once' client many 1000
	check '1,000 that say nothing' client idle 1000
	check '500 that send a byte a second: 408' client slow 500
	check '200 that do not read' client deaf 200
	check 'and memory stays within bounds' memory_below 300000
	check 'it still serves' prints x fetch "http://$stack/one"
	stop

	serve --keep-alive 60,0 "$site"
	check '10,000 requests over one connection' client serial 10000
	check '10,000 requests in one pipeline' client pipeline 10000
	stop

	serve --keep-alive 1,3 "$site"
	check 'three requests, and the connection ends' gives '200 200 200 ' \
		"$(repeat 5 'GET /one HTTP/1.1\r\nHost: x\r\n\r\n')"
	check 'a second without one, and it ends too' gives '200 ' 'GET /one HTTP/1.1\r\nHost: x\r\n\r\n'
	check 'which the client was told' grep -q 'timeout=1, max=3' "$scratch/answer"
	stop
	for option in '--port N' '--keep-alive SECONDS,MAX' '-v'; do
		check "help names $option" sh -c "'$BUILD/strata' help httpd | grep -e '^  $option '"
	done
	for wrong in 5 5, ,5 a,b 5,-1 5,5,5; do
		check "--keep-alive $wrong is refused" status_is 2 "$BUILD/strata" httpd --keep-alive $wrong
	done
}
play scene
