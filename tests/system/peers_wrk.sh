# wrk, which asks as fast as it is answered, over many connections at once.
. "$(dirname "$0")/lib.sh"

# crowd CONNECTIONS PATH: for three seconds; every answer must be 200, and none may be missing.
crowd() {
	wrk -t 2 -c "$1" -d 3s --timeout 10s "http://$stack/$2" >"$scratch/wrk" || return
	cat "$scratch/wrk"
	! grep -E 'Socket errors|Non-2xx' "$scratch/wrk" && grep -E '[1-9][0-9]* requests in' "$scratch/wrk"
}

scene() {
	make_site
	head -c 100000 /dev/urandom >"$site/medium"
	serve --keep-alive 5,0 "$site"
	for connections in 2 100 1000; do
		check "a small file over $connections connections" crowd $connections one
		check "one of 100 kB over $connections connections" crowd $connections medium
	done
	stop
	serve "$site"
	check '100 connections that end after 100 requests each' crowd 100 one
	stop
	serve
	check 'the page that is made anew each time' crowd 100 ''
	stop
}
play scene
