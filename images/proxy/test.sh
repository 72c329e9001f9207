# shellcheck shell=sh
# Runs in the finished image, as its user and without a network: the proxy routes, and asks for its token.
set -eu

[ "$(id -u)" = 65534 ]
[ "$(configurable-http-proxy --version)" = 5.3.0 ]

CONFIGPROXY_AUTH_TOKEN=try configurable-http-proxy --ip=127.0.0.1 --port=18000 --api-ip=127.0.0.1 --api-port=18001 \
    --log-level=error &
proxy=$!
trap 'kill $proxy' EXIT

node - << 'JAVASCRIPT'
const ask = async (token) => (await fetch("http://127.0.0.1:18001/api/routes", { headers: { Authorization: `token ${token}` } })).status;
const main = async () => {
  for (let tries = 0; ; tries++) {
    try {
      const answers = [await ask("try"), await ask("wrong")];
      if (answers.join() === "200,403") return;
      throw Object.assign(new Error(`the proxy answered ${answers}`), { final: true });
    } catch (trouble) {
      if (trouble.final || tries > 100) throw trouble;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
};
main();
JAVASCRIPT
