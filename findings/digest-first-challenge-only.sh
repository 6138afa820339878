#!/usr/bin/env bash
# mongodb-forks/digest, the digest client of the Atlas Go SDK: only the first challenge of a 401 is read.
#
# Versions: github.com/mongodb-forks/digest v1.1.0 (go.mongodb.org/atlas-sdk v20250312018.1 requires it), Go 1.26.
#   Seen on 2026-11-29.
# Expected: of several challenges (RFC 9110 11.6.1: several headers, or several in one header) the client takes one that it
#   knows, as curl and browsers do.
# Seen: it parses the first WWW-Authenticate header as one Digest challenge. If another scheme stands first, or two
#   challenges share a header, the call fails with "challenge is bad", although a challenge that it knows is there.
# Bites: whoever puts a server or a proxy in front of Atlas that also offers Bearer, or joins headers by commas. Send the
#   Digest challenge first, in a header of its own.
#
# Output seen:
#   MD5 alone: 200, "MD5", error <nil>
#   MD5, then SHA-256: 200, "MD5", error <nil>
#   Bearer, then MD5: none, unsigned, error challenge is bad
#   both in one header: none, unsigned, error challenge is bad
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/mongodb-forks/digest"
)

const md5 = `Digest realm="r", nonce="abc", algorithm=MD5, qop="auth"`
const sha = `Digest realm="r", nonce="abc", algorithm=SHA-256, qop="auth"`

func try(name string, challenges ...string) {
	seen := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen = r.Header.Get("Authorization"); seen == "" {
			for _, challenge := range challenges {
				w.Header().Add("WWW-Authenticate", challenge)
			}
			w.WriteHeader(401)
		}
	}))
	defer server.Close()
	reply, err := digest.NewTransport("user", "password").RoundTrip(must(http.NewRequest("GET", server.URL, nil)))
	status := "none"
	if reply != nil {
		status = fmt.Sprint(reply.StatusCode)
	}
	algorithm := "unsigned"
	if i := strings.Index(seen, "algorithm="); i >= 0 {
		algorithm = strings.Split(strings.Split(seen[i+10:], ",")[0], " ")[0]
	}
	fmt.Printf("%s: %s, %s, error %v\n", name, status, algorithm, err)
}

func must(r *http.Request, err error) *http.Request {
	if err != nil {
		panic(err)
	}
	return r
}

func main() {
	try("MD5 alone", md5)
	try("MD5, then SHA-256", md5, sha)
	try("Bearer, then MD5", `Bearer realm="r"`, md5)
	try("both in one header", md5+", "+sha)
}
GO
go mod init finding >/dev/null 2>&1
go get github.com/mongodb-forks/digest@v1.1.0 >/dev/null 2>&1
go run . | tee seen
diff seen - <<'SEEN' || { echo "the behaviour has changed"; exit 1; }
MD5 alone: 200, "MD5", error <nil>
MD5, then SHA-256: 200, "MD5", error <nil>
Bearer, then MD5: none, unsigned, error challenge is bad
both in one header: none, unsigned, error challenge is bad
SEEN
