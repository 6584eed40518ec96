// SPDX-License-Identifier: GPL-3.0-or-later
// Prints the requests that Insomnia's importer makes of a file, as JSON.
const fs = require("fs");
const { convert } = require("insomnia-importers");

convert(fs.readFileSync(process.argv[2], "utf8")).then((found) => {
  const requests = found.data.resources.filter((one) => one._type === "request");
  const told = requests.map(({ method, url, body, authentication }) => ({
    method,
    url,
    body: (body && body.text) || null,
    auth: (authentication && authentication.type) || null,
  }));
  console.log(JSON.stringify({ type: found.type.id, requests: told }));
});
