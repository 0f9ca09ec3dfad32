# The host's curl gets pages from strata.
. "$(dirname "$0")/lib.sh"

hundred_mebibytes() {
	wanted=$(sha256sum <"$site/large")
	prints "$wanted" sh -c "curl -q -sS --max-time 900 http://$stack/large | sha256sum"
}

hundred_at_once() {
	set --
	while [ $# -lt 200 ]; do
		set -- "$@" -o "$scratch/many.$(($# / 2))"
	done
	fetch -Z --parallel-immediate --parallel-max 100 "$@" "http://$stack/medium?[1-100]" || return
	prints "100 $(sha256sum <"$site/medium")" sh -c "sha256sum <$site/medium >$scratch/sum
		for file in $scratch/many.*; do sha256sum <\$file; done | sort | uniq -c | sed 's/^ *//'"
	rm -f "$scratch"/many.*
}

# Read a little of the large file and go away, as browsers do; then the server must still serve.
abort() {
	fetch "http://$stack/large" 2>"$scratch/abort" | head -c 300000 >/dev/null
	grep -q '(23)' "$scratch/abort" && prints x fetch "http://$stack/one"
}

some_of_it() { [ -s "$scratch/some.$1" ]; }

# Not by way of fetch: of a function in the background only the shell that runs it would be killed.
ten_killed() {
	victims=
	for i in 1 2 3 4 5 6 7 8 9 10; do
		curl -q -sS --max-time 60 --limit-rate 100k -o "$scratch/some.$i" "http://$stack/large" &
		victims="$victims $!"
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		within 60 some_of_it $i || return
	done
	kill -KILL $victims
	wait $victims
	rm "$scratch"/some.*
	prints x fetch "http://$stack/one"
}

headers() { fetch -D - -o "$scratch/body" "$@" | tr -d '\r'; }

has_header() {
	pattern=$1
	shift
	headers "$@" >"$scratch/headers"
	cat "$scratch/headers"
	grep -qiE "^$pattern\$" "$scratch/headers"
}

same_head() {
	headers "http://$stack/one" | grep -vi '^date:' >"$scratch/get"
	headers -I "http://$stack/one" | grep -vi '^date:' >"$scratch/head"
	diff "$scratch/get" "$scratch/head"
}

code() { fetch -o "$scratch/body" -w '%{http_code}' "$@"; }

# Whatever the answer, it is not a page, and the secret is not in it.
stays_inside() {
	got=$(code --path-as-is "http://$stack/$1")
	cat "$scratch/body"
	case $got in
	400 | 403 | 404) ! grep -q secret "$scratch/body" ;;
	*) echo "status $got" && return 1 ;;
	esac
}

refused() {
	status_is 7 fetch -v "http://$stack:81/" 2>"$scratch/refused"
	got=$?
	cat "$scratch/refused"
	[ $got -eq 0 ] && grep -q 'Connection refused' "$scratch/refused"
}

# A body of which one byte comes, and then nothing until the server says that it will not wait; curl looks at its answer with the end.
unfinished() {
	{ printf x; within 60 grep -q '"PUT /echo HTTP/1.1" 408 ' "$scratch/server.out"; } | code -T . "http://$stack/echo"
}

gibibyte() {
	truncate -s 1G "$site/gibibyte" || return
	wanted=$(sha256sum <"$site/gibibyte")
	prints "$wanted" sh -c "curl -q -sS --max-time 900 http://$stack/gibibyte | sha256sum"
}

# part RANGE SKIP COUNT: what curl gets for the range is what dd cuts out.
part() {
	fetch -r "$1" -D "$scratch/headers" -o "$scratch/part" "http://$stack/medium" && head -n 1 "$scratch/headers" |
		grep -q '^HTTP/1.1 206 ' || return
	dd if="$site/medium" of="$scratch/cut" bs=1 skip="$2" count="$3" 2>/dev/null
	cmp "$scratch/part" "$scratch/cut"
}

# resumed: the first half, and curl asks for the rest.
resumed() {
	head -c 77777 "$site/medium" >"$scratch/resumed"
	fetch -C - -o "$scratch/resumed" "http://$stack/medium" && cmp "$site/medium" "$scratch/resumed"
}

parts() {
	check '206: the first bytes' part 0-499 0 500
	check '206: some in the middle' part 1000-150999 1000 150000
	check '206: one byte' part 199999-199999 199999 1
	check '206: from one on' part 199000- 199000 1000
	check '206: the last ones' part -777 199223 777
	check '206: more than there are' part 199990-999999 199990 10
	check '206 says which' has_header 'content-range: bytes 5-9/200000' -r 5-9 "http://$stack/medium"
	check '200 for several ranges' prints 200 code -r 0-1,5-6 "http://$stack/medium"
	check '416' prints 416 code -r 200000- "http://$stack/medium"
	check '416 says how much there is' has_header 'content-range: bytes \*/200000' -r 200000- "http://$stack/medium"
	check 'a download is resumed' resumed
	tag=$(headers "http://$stack/medium" | sed -n 's/^ETag: //p')
	check 'If-Range with the same tag: 206' prints 206 code -r 0-9 -H "If-Range: $tag" "http://$stack/medium"
	check 'with another: 200' prints 200 code -r 0-9 -H 'If-Range: "other"' "http://$stack/medium"
}

conditions() {
	check '200, and the tag is kept' prints 200 code --etag-save "$scratch/tag" "http://$stack/one"
	check 'curl --etag-compare: 304, without content' prints '304 0' fetch --etag-compare "$scratch/tag" \
		-o "$scratch/body" -w '%{http_code} %{size_download}' "http://$stack/one"
	check 'curl -z with the file: 304' prints 304 code -z "$site/one" "http://$stack/one"
	check 'curl -z with an old date: 200' prints 200 code -z '1 Jan 2000' "http://$stack/one"
	check 'If-Modified-Since as RFC 850 wrote it: 304' prints 304 code \
		-H 'If-Modified-Since: Friday, 01-Jan-49 00:00:00 GMT' "http://$stack/one"
	check 'If-Match with another tag: 412' prints 412 code -H 'If-Match: "x"' "http://$stack/one"
	check 'If-Unmodified-Since: 412' prints 412 code -z '-1 Jan 2000' "http://$stack/one"
	printf 'z' >"$site/one"
	touch -d '+2 seconds' "$site/one"
	check 'once it has changed: 200' prints 200 code --etag-compare "$scratch/tag" "http://$stack/one"
	check 'and this is new' prints z cat "$scratch/body"
	printf 'x' >"$site/one"
}

compressed() {
	printf 'plain text' >"$site/page.txt"
	gzip -k "$site/page.txt"
	check 'the compressed copy, for who takes it' has_header 'content-encoding: gzip' --compressed "http://$stack/page.txt"
	check 'is the same page' prints 'plain text' cat "$scratch/body"
	check 'and of its type' has_header 'content-type: text/plain.*' --compressed "http://$stack/page.txt"
	check 'the plain one, for who does not' prints 'plain text' fetch "http://$stack/page.txt"
	check 'and both say that there are two' has_header 'vary: accept-encoding' "http://$stack/page.txt"
}

statuses() {
	check '404' prints 404 code "http://$stack/missing"
	check '403: no regular file' prints 403 code "http://$stack/fifo"
	check '403: a link that leads outside' prints 403 code "http://$stack/link"
	check '405' prints 405 code -X POST -d x "http://$stack/one"
	check '405 without content' prints 405 code -X POST "http://$stack/one"
	check '405 names what is allowed' has_header 'allow: get, head, options' -X DELETE "http://$stack/one"
	check '400' prints 400 code -H 'Host:' "http://$stack/one"
	check '411' prints 411 code -X POST "http://$stack/echo"
	check '413, and curl ends cleanly' prints 413 code --data-binary "@$site/large" "http://$stack/echo"
	check '413 for what was not asked for' prints 413 code -X GET --data-binary "@$site/large" "http://$stack/one"
	check '413 in chunks' prints 413 code -H 'Transfer-Encoding: chunked' --data-binary "@$site/large" "http://$stack/echo"
	check '414' prints 414 code "http://$stack/$(head -c 9000 /dev/zero | tr '\0' a)"
	check '417' prints 417 code -H 'Expect: cake' "http://$stack/one"
	check '431' prints 431 code -H "X: $(head -c 20000 /dev/zero | tr '\0' a)" "http://$stack/one"
	check '501' prints 501 code -X BREW "http://$stack/one"
	cp "$scratch/body" "$scratch/body.501"
	check '501 for small letters' prints 501 code -X get "http://$stack/one"
	check '505' prints 505 sh -c "printf 'GET / HTTP/2.0\r\n\r\n' | curl -q -sS --max-time 10 telnet://$stack:80 | cut -c 10-12 | head -n 1"
	check '408, when content does not come' prints 408 unfinished
	check 'with a page that says why' grep -q '<h1>501 Not Implemented</h1>' "$scratch/body.501"
}

echoes() {
	check '/echo gives a request back' prints "hello" sh -c "curl -q -sS -d hello http://$stack/echo | tail -n 1"
	check 'with its first line' prints 'POST /echo HTTP/1.1' sh -c "curl -q -sS -d hello http://$stack/echo | head -n 1 | tr -d '\r'"
	head -c 1000000 /dev/urandom >"$scratch/million"
	check 'and a million bytes of content, after 100 Continue' sh -c "curl -q -sS -H 'Expect: 100-continue' \
		--data-binary @$scratch/million http://$stack/echo | tail -c 1000000 | cmp - $scratch/million"
	check 'OPTIONS' has_header 'allow: get, head, options, post, put, patch, delete' -X OPTIONS "http://$stack/echo"
}

# Follow every link on every built-in page.
all_links() {
	set -- ''
	seen=' '
	while [ $# -gt 0 ]; do
		page=$1
		shift
		case $seen in *" /$page "*) continue ;; esac
		seen="$seen/$page "
		fetch -f -o "$scratch/page" "http://$stack/$page" || { echo "broken: /$page" && return 1; }
		set -- "$@" $(grep -ao 'href="[^"]*"' "$scratch/page" | sed 's/^href="//; s/"$//; s|^\./||')
	done
	echo "$seen"
	[ "$(echo "$seen" | wc -w)" -ge 9 ]
}

scene() {
	make_site
	head -c 104857600 /dev/urandom >"$site/large"
	head -c 200000 /dev/urandom >"$site/medium"
	: >"$site/empty"
	mkfifo "$site/fifo"
	mkdir "$site/list"
	: >"$site/list/a b"
	serve -v "$site"
	check 'one byte' prints x fetch "http://$stack/one"
	check 'an empty file' prints '200 0' fetch -w '%{http_code} %{size_download}' "http://$stack/empty"
	check 'the folder is answered with its index.html' prints '<p>Bonjour toi ;-)' fetch "http://$stack/"
	check 'a page further down' prints below fetch "http://$stack/sub/page.txt"
	printf 'index below' >"$site/sub/index.html"
	check 'a folder without its slash is somewhere else' prints "301 http://$stack/sub/?a=b" \
		fetch -o /dev/null -w '%{http_code} %{redirect_url}' "http://$stack/sub?a=b"
	check 'and there its page is' prints 'index below' fetch -L "http://$stack/sub"
	check '100 MiB, not a bit wrong' hundred_mebibytes
	check 'two pages over one connection' prints '1 0 ' fetch -o "$scratch/1" -o "$scratch/2" -w '%{num_connects} ' \
		"http://$stack/one" "http://$stack/sub/page.txt"
	check '100 in parallel' hundred_at_once
	check 'a client that goes away half-way' abort
	check 'ten clients killed half-way' ten_killed
	check 'Content-Length' has_header 'content-length: 1' "http://$stack/one"
	check 'Content-Type' has_header 'content-type: text/html.*' "http://$stack/"
	check 'Last-Modified is the time of the file' \
		has_header "last-modified: $(TZ=GMT LC_ALL=C date -r "$site/one" '+%a, %d %b %Y %H:%M:%S GMT')" "http://$stack/one"
	check 'Date' has_header 'date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT' "http://$stack/one"
	check 'HEAD says what GET says, without the body' same_head
	check 'ETag' has_header 'etag: "[0-9a-f.-]+"' "http://$stack/one"
	check 'Keep-Alive' has_header 'keep-alive: timeout=5, max=100' "http://$stack/one"
	parts
	conditions
	compressed
	statuses
	echoes
	check 'a folder without an index is a list' fetch -o "$scratch/list" "http://$stack/list/"
	check 'of its files' grep -q '<a href="./a%20b">a b</a>' "$scratch/list"
	check 'a picture, where the folder has none' has_header 'content-type: image/x-icon' "http://$stack/favicon.ico"
	for path in ../secret sub/../../secret %2e%2e/secret ..%2fsecret link /../secret "$scratch/secret" sub/..%5c..%5csecret; do
		check "nothing above the folder: $(echo "$path" | sed "s|^$scratch|/absolute|")" stays_inside "$path"
	done
	check 'and it still serves' prints x fetch "http://$stack/one"
	check 'a closed port is refused' refused
	check '1 GiB' gibibyte
	check 'the log has a line for each' grep -qE \
		'^192\.0\.2\.1 - - \[[^]]+ \+0000\] "GET /one HTTP/1\.1" 200 1 "-" "curl/' "$scratch/server.out"
	stop

	serve
	check 'the built-in page' has_header 'content-type: text/html.*' "http://$stack/"
	check 'which is a page' grep -qi '<html' "$scratch/body"
	check 'that knows who asks' grep -q "<td>$host:[0-9]*<td>$stack:80" "$scratch/body"
	check 'and how far away' grep -qE '<b>[0-9]+\.[0-9]{3} ms</b>' "$scratch/body"
	check 'every link leads to a page' all_links
	stop TERM
}
play scene
