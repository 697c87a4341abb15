#!/bin/sh
# Makes the certificates of tls_pair.h in a new directory: certificates.sh DIR
#
# Two CAs; a server and a client of the first. The dates that the test looks at are years away.
set -eu
mkdir -p "$1"
cd "$1"

# issue NAME SUBJECT [OPTION ...]: NAME.pem and NAME.key
issue() {
    name=$1 subject=$2
    shift 2
    openssl req -config /dev/null -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -days 3650 -subj "/CN=$subject" -keyout "$name.key" -out "$name.pem" "$@"
}

for ca in ca other-ca; do
    issue $ca "$ca of the C tests" -addext basicConstraints=critical,CA:TRUE \
        -addext keyUsage=critical,keyCertSign,cRLSign
done
issue server radius.example.org -CA ca.pem -CAkey ca.key -addext basicConstraints=CA:FALSE \
    -addext subjectAltName=DNS:radius.example.org -addext extendedKeyUsage=serverAuth
issue client alice -CA ca.pem -CAkey ca.key -addext basicConstraints=CA:FALSE \
    -addext extendedKeyUsage=clientAuth

cat client.pem client.key >client-both.pem
openssl pkey -in client.key -aes-256-cbc -passout pass:sesame -out client-encrypted.key
for name in ca server; do
    openssl x509 -in $name.pem -outform DER -out $name.der
done
openssl dgst -sha256 -binary server.der >server.sha256
# An empty revocation list, for which openssl wants a database. Version 2, as RFC 5280 wants it.
: >index.txt
echo 01 >number
cat >ca.cnf <<'END'
[ca]
default_ca = settings
[settings]
database = index.txt
crlnumber = number
default_md = sha256
default_crl_days = 3650
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid
END
openssl ca -config ca.cnf -gencrl -cert ca.pem -keyfile ca.key -out ca.crl
