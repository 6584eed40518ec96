// SPDX-License-Identifier: GPL-3.0-or-later
// Makes pages follow by themselves. Everything they do works without it: links, forms, and a reload.

const HIDDEN_S = 60;
const LONGEST_S = 60;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

// Times come in UTC; the reader's clock takes their place before they are seen.
function localize(root) {
  const now = new Date();
  const today = dayAndYear.format(now);
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const date = (moment.getFullYear() === now.getFullYear() ? day : dayAndYear).format(moment);
    time.textContent = dayAndYear.format(moment) === today ? clock.format(moment) : `${date} ${clock.format(moment)}`;
    time.title = whole.format(moment);
  }
}

function say(text, lost = false) {
  const status = document.getElementById("live-status");
  if (!status || status.textContent === text) return;
  status.textContent = text;
  status.className = lost ? "lost" : "";
}

// The part of a page that changes: asks the page's own address whether there is a newer one.
class LivePart extends HTMLElement {
  connectedCallback() {
    this.version = this.getAttribute("version");
    this.next = 2;
    this.failures = 0;
    this.reachedAt = new Date();
    this.onVisible = () => document.hidden || this.ask();
    document.addEventListener("visibilitychange", this.onVisible);
    this.schedule();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.timer);
  }

  schedule() {
    clearTimeout(this.timer);
    const pause = Math.min(LONGEST_S, this.next * 2 ** Math.min(this.failures, 5));
    this.timer = setTimeout(() => this.ask(), 1000 * (document.hidden ? HIDDEN_S : pause));
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    try {
      await this.take(await fetch(location.href, {
        headers: { "Longshore-Version": this.version, Accept: "text/html" },
        signal: AbortSignal.timeout(20000),
      }));
    } catch {
      this.failures += 1;
      say(`No answer since ${clock.format(this.reachedAt)}: trying again. What you see is from then.`, true);
    } finally {
      this.asking = false;
      this.schedule();
    }
  }

  async take(answer) {
    const version = answer.headers.get("Longshore-Version");
    if (answer.status === 401 || answer.status === 403) {
      location.reload();
      return;
    }
    if (!answer.ok || !version) throw new Error(`status ${answer.status}`);
    const html = await answer.text();
    this.failures = 0;
    this.next = Number(answer.headers.get("Longshore-Next")) || 15;
    this.version = version;
    this.reachedAt = new Date();
    if (html) this.show(html);
    say(`Follows by itself · looked at ${clock.format(this.reachedAt)}`);
  }

  show(html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    localize(fresh.content);
    window.Idiomorph.morph(this, fresh.content, {
      morphStyle: "innerHTML",
      ignoreActiveValue: true,
      callbacks: {
        // What the reader has opened, typed or loaded stays.
        beforeNodeMorphed: (old) => !(old instanceof Element && old.matches("run-log, copy-text, form")),
        beforeAttributeUpdated: (name, node) => !(name === "open" && node instanceof HTMLDetailsElement),
      },
    });
  }
}

// A log that grows: what is new is fetched by its place in the file, and what is older on demand.
class RunLog extends HTMLElement {
  connectedCallback() {
    this.pre = this.querySelector("pre");
    this.start = Number(this.dataset.start);
    this.end = Number(this.dataset.end);
    this.earlier = this.querySelector("[data-earlier]");
    this.newest = this.querySelector("[data-newest]");
    this.extent = this.querySelector("[data-extent]");
    this.pre.scrollTop = this.pre.scrollHeight;
    this.earlier?.addEventListener("click", (event) => { event.preventDefault(); this.before(); });
    this.newest?.addEventListener("click", () => { this.pre.scrollTop = this.pre.scrollHeight; });
    this.pre.addEventListener("scroll", () => { this.newest.hidden = this.isAtEnd(); }, { passive: true });
    this.newest.hidden = true;
    if (this.dataset.running !== undefined) this.schedule();
  }

  disconnectedCallback() { clearTimeout(this.timer); }

  isAtEnd() { return this.pre.scrollHeight - this.pre.scrollTop - this.pre.clientHeight < 40; }

  schedule() { this.timer = setTimeout(() => this.after(), document.hidden ? 10000 : 2000); }

  async after() {
    try {
      const answer = await fetch(`${this.dataset.source}?after=${this.end}`);
      if (answer.ok) {
        const follow = this.isAtEnd();
        const text = await answer.text();
        this.end = Number(answer.headers.get("Longshore-Log-End"));
        if (text) {
          this.pre.append(document.createTextNode(text));
          this.extent?.remove();
        }
        this.trim();
        if (follow) this.pre.scrollTop = this.pre.scrollHeight;
        if (answer.headers.get("Longshore-Log-Over") === "yes") return;
      }
    } catch { /* tried again */ }
    this.schedule();
  }

  async before() {
    const answer = await fetch(`${this.dataset.source}?before=${this.start}`);
    if (!answer.ok) return;
    const text = await answer.text();
    this.start = Number(answer.headers.get("Longshore-Log-Start"));
    const height = this.pre.scrollHeight;
    this.pre.prepend(document.createTextNode(text));
    this.extent?.remove();
    this.pre.scrollTop += this.pre.scrollHeight - height;
    if (this.start === 0) this.earlier.hidden = true;
  }

  // A node a chunk; the oldest go while the reader is at the end.
  trim() { while (this.pre.childNodes.length > 400 && this.isAtEnd()) this.pre.firstChild.remove(); }
}

class CopyText extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard || this.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = this.dataset.label || "Copy";
    button.addEventListener("click", async () => {
      const source = document.getElementById(this.dataset.of);
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    });
    this.append(button);
  }
}

localize(document);
customElements.define("live-part", LivePart);
customElements.define("run-log", RunLog);
customElements.define("copy-text", CopyText);
