// A client of the studio for Node, Deno and browsers of its own pages. What was not answered is kept, up to a limit, and sent again.
export class Client {
  constructor(run, address = "http://127.0.0.1:8017", limit = 10000) {
    Object.assign(this, { run, address: `${address}/api/v1/runs`, limit, rows: [], number: 0, dropped: 0, id: `js-${Math.random()}` });
    this.sending = this.post("", { name: run }).catch(() => {}); // it may be there already
  }
  async post(path, body) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(this.address + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.status >= 500) throw new Error(await answer.text());
    return answer.json();
  }
  log(values, step) {
    if (this.rows.push({ values, step }) > this.limit) (this.rows.shift(), this.dropped++ || console.warn("The studio is slow: rows are dropped."));
    this.sending = this.sending.then(() => this.flush());
  }
  async flush(finish = false) {
    const rows = this.rows.splice(0, 1000), batch = { rows, finish, client: this.id, number: this.number++ };
    for (let wait = 100; rows.length || finish; wait = Math.min(5000, 2 * wait))
      try { return await this.post(`/${encodeURIComponent(this.run.replaceAll("~", "~0").replaceAll("/", "~1"))}/append`, batch); }
      catch { await new Promise((done) => setTimeout(done, wait)); }
  }
}
