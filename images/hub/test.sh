# shellcheck shell=sh
# Runs in the finished image, as its user and without a network: what the charts and a hub need is there.
set -eu

[ "$(id -u)" = 1000 ]
[ "$(id -un)" = jovyan ]
[ "$(pwd)" = /srv/jupyterhub ]
touch /srv/jupyterhub/writable && rm /srv/jupyterhub/writable
[ "$(jupyterhub --version)" = 5.5.0 ]
# Left out of the lock file: importing it takes half of the time in which a server starts
if python3 -c 'import rfc3987_syntax' 2> /dev/null; then
    echo "rfc3987_syntax is installed"
    exit 1
fi
for program in tini curl git sqlite3 py-spy; do
    command -v "$program" > /dev/null
done
[ -d /usr/local/etc ]

python3 - << 'PYTHON'
import importlib
import importlib.util
import pathlib

import jupyterhub

modules = """
    kubespawner kubernetes_asyncio pycurl psycopg2 pymysql statsd sqlalchemy_cockroachdb jupyterhub_idle_culler
    firstuseauthenticator hmacauthenticator ldapauthenticator ltiauthenticator nativeauthenticator tmpauthenticator
    oauthenticator.google oauthenticator.mediawiki oauthenticator.generic oauthenticator.github oauthenticator.globus
    jupyterhub.authenticators.shared
"""
for name in modules.split():
    importlib.import_module(name)

from tornado.httpclient import AsyncHTTPClient

AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")

# The pages are found where the package looks for them, and byte code is used as it is.
data = pathlib.Path(jupyterhub._data.DATA_FILES_PATH)
assert (data / "templates" / "login.html").is_file(), data
assert (data / "alembic.ini").is_file() or (pathlib.Path(jupyterhub.__file__).parent / "alembic.ini").is_file()
static = data / "static"
assert (static / "css" / "style.min.css").is_file()
assert list(static.glob("components/@fortawesome/fontawesome-free/webfonts/fa-solid-*.woff2"))
compiled = pathlib.Path(importlib.util.cache_from_source(jupyterhub.__file__))
assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00", "byte code that is checked against the source"
PYTHON

# The database can be made: all of the hub's own parts load
cd "$(mktemp -d)"
jupyterhub upgrade-db > /dev/null 2>&1
[ -s jupyterhub.sqlite ]
