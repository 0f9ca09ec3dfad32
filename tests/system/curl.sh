# The host's curl gets pages from strata.
. "$(dirname "$0")/lib.sh"

hundred_mebibytes() {
	wanted=$(sha256sum <"$site/large")
	prints "$wanted" sh -c "curl -q -sS --max-time 100 http://$stack/large | sha256sum"
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

ten_killed() {
	victims=
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		fetch --limit-rate 100k -o /dev/null "http://$stack/large" &
		victims="$victims $!"
	done
	sleep 0.5
	kill -KILL $victims
	wait $victims
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

refused_at_once() {
	begin=$(date +%s)
	status_is 7 fetch "http://$stack:81/" && [ $(($(date +%s) - begin)) -le 2 ]
}

scene() {
	make_site
	head -c 104857600 /dev/urandom >"$site/large"
	head -c 200000 /dev/urandom >"$site/medium"
	: >"$site/empty"
	serve "$site"
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
	check '404' prints 404 code "http://$stack/missing"
	check '405' prints 405 code -X POST -d x "http://$stack/one"
	check '405 names what is allowed' has_header 'allow: .*GET.*' -X DELETE "http://$stack/one"
	check '400' prints 400 code -H 'Host:' "http://$stack/one"
	for path in ../secret sub/../../secret %2e%2e/secret ..%2fsecret link /../secret "$scratch/secret" sub/..%5c..%5csecret; do
		check "nothing above the folder: $(echo "$path" | sed "s|^$scratch|/absolute|")" stays_inside "$path"
	done
	check 'and it still serves' prints x fetch "http://$stack/one"
	check 'a closed port is refused at once' refused_at_once
	stop

	serve
	check 'the built-in page' has_header 'content-type: text/html.*' "http://$stack/"
	check 'which is a page' grep -qi '<html' "$scratch/body"
	stop TERM
}
play scene
