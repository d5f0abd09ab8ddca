"use strict";
// The pictures are in the page already; this adds zoom, choosing, stepping from change to change, telling and playing.
(() => {
  const files = JSON.parse(document.getElementById("data").textContent);
  const status = document.getElementById("status");
  const NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
  const ROW = 6, SVG = "http://www.w3.org/2000/svg";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const say = (text) => { status.textContent = text; };
  let current = null;

  const where = (file, x) => {
    let bar = file.bars[0] || [0, 1], next = null;
    for (const each of file.bars) { if (each[0] <= x) bar = each; else { next = each; break; } }
    const beat = Math.floor((x - bar[0]) / 24) + 1;
    return `bar ${bar[1]} beat ${beat}`;
  };
  const whose = (file, have) => file.sides.filter((_, side) => have >> side & 1).join(", ");
  const tell = (file, note) => `${NAMES[note[2] % 12]}${Math.floor(note[2] / 12) - 1} at ${where(file, note[3])}, ` +
    `velocity ${note[5]}, ${file.tracks[note[0]]}; in: ${whose(file, note[6])}`;

  class View {
    constructor(root) {
      this.root = root;
      this.section = root.closest("section");
      this.file = files.find((file) => file.id === root.dataset.file);
      this.whole = (1 << this.file.sides.length) - 1;
      this.changed = this.file.notes.filter((note) => note[6] !== this.whole);
      this.stops = this.changed.map((note) => note[3]).filter((x, at, list) => at === 0 || x - list[at - 1] > 24);
      this.side = this.file.sides.length - 1;
      this.at = -1;
      this.zoom = Math.min(8, Math.max(0.25, (root.clientWidth - 160) / this.file.width || 1));
      this.changed.sort((a, b) => a[3] - b[3]);
      this.stops = [];
      for (const note of this.changed) {
        if (!this.stops.length || note[3] - this.stops[this.stops.length - 1][3] >= 24) this.stops.push(note);
      }
      this.scale(this.zoom);
      this.choose(this.side, false);
      root.addEventListener("focusin", () => { current = this; });
      root.addEventListener("click", (event) => this.click(event));
      all(".zoom", this.section).forEach((b) => b.addEventListener("click", () => this.scale(this.zoom * b.dataset.by)));
      all(".step", this.section).forEach((b) => b.addEventListener("click", () => this.step(+b.dataset.by)));
      all(".play", this.section).forEach((b) => b.addEventListener("click", () => {
        this.choose(+b.dataset.side); player.toggle(this, true);
      }));
      all(".stop", this.section).forEach((b) => b.addEventListener("click", () => player.stop()));
      all(".track", this.section).forEach((s) => s.addEventListener("change", () => this.filter(s.value)));
    }
    scale(zoom) {
      const middle = (this.root.scrollLeft + this.root.clientWidth / 2) / this.zoom;
      this.zoom = Math.min(64, Math.max(0.05, zoom));
      this.root.style.setProperty("--zoom", this.zoom);
      this.root.scrollLeft = middle * this.zoom - this.root.clientWidth / 2;
    }
    choose(side, aloud = true) {
      if (side >= this.file.sides.length) return;
      this.side = side;
      all(".panel[data-side]", this.root).forEach((p) => p.classList.toggle("chosen", +p.dataset.side === side));
      if (aloud) say(`${this.file.sides[side]} chosen`);
    }
    filter(track) {
      this.track = track === "" ? null : +track;
      all(".n", this.root).forEach((n) => n.classList.toggle("hidden", track !== "" && n.dataset.track !== track));
      say(track === "" ? "all tracks" : `only ${this.file.tracks[track]}`);
    }
    show(x) {
      this.root.scrollLeft = x * this.zoom - (this.root.clientWidth - 160) / 3;
    }
    frame(x, pitch, width) {
      all(".focus", this.root).forEach((old) => old.remove());
      for (const roll of all(".roll", this.root)) {
        const box = document.createElementNS(SVG, "rect");
        box.setAttribute("class", "focus");
        box.setAttribute("x", x - 2);
        box.setAttribute("width", width + 4);
        box.setAttribute("y", pitch === null ? 0 : (this.file.high - pitch) * ROW - 2);
        box.setAttribute("height", pitch === null ? "100%" : ROW + 4);
        roll.append(box);
      }
      this.show(x);
    }
    step(by) {
      if (!this.stops.length) { say("nothing changed here"); return; }
      this.at = (this.at + by + this.stops.length) % this.stops.length;
      if (by < 0 && this.at === -1) this.at = this.stops.length - 1;
      const note = this.stops[this.at];
      this.frame(note[3], note[2], note[4]);
      say(`change ${this.at + 1} of ${this.stops.length}: ${tell(this.file, note)}`);
    }
    conflict(index) {
      const mark = this.file.marks.find((each) => each[0] === index);
      all(".mark", this.root).forEach((m) => m.classList.toggle("at", +m.dataset.conflict === index));
      if (mark) { this.show(mark[1]); say(`conflict ${index + 1} at ${where(this.file, mark[1])}`); }
    }
    click(event) {
      const roll = event.target.closest(".roll");
      if (!roll) return;
      const box = roll.getBoundingClientRect();
      const x = (event.clientX - box.left) / this.zoom;
      const pitch = this.file.high - Math.floor((event.clientY - box.top) / ROW);
      const side = +roll.dataset.side;
      this.choose(side, false);
      const hit = this.file.notes.find((n) => n[2] === pitch && n[3] <= x && x <= n[3] + n[4] && n[6] >> side & 1)
        || this.file.notes.find((n) => n[2] === pitch && n[3] <= x && x <= n[3] + n[4]);
      if (hit) { this.frame(hit[3], hit[2], hit[4]); say(tell(this.file, hit)); } else { this.from = x; say(where(this.file, x)); }
    }
    seconds(x) {
      const points = this.file.tempo[this.side] || [[0, 500000]];
      let time = 0, from = 0, micros = 500000;
      for (const [at, next] of points) {
        if (at >= x) break;
        time += (at - from) / 24 * micros / 1e6;
        from = at;
        micros = next;
      }
      return time + (x - from) / 24 * micros / 1e6;
    }
  }

  const player = {
    audio: null, timer: 0, view: null,
    toggle(view, fresh) {
      const same = this.view === view;
      this.stop();
      if (!same || fresh) this.start(view);
    },
    start(view) {
      const Audio = window.AudioContext || window.webkitAudioContext;
      if (!Audio) { say("this browser cannot play sound"); return; }
      this.audio = new Audio();
      this.view = view;
      const gain = this.audio.createGain(), limit = this.audio.createDynamicsCompressor();
      gain.gain.value = 0.25;
      gain.connect(limit).connect(this.audio.destination);
      const first = view.from || 0, offset = view.seconds(first), start = this.audio.currentTime + 0.08;
      const notes = view.file.notes
        .filter((n) => n[6] >> view.side & 1 && n[3] >= first && (view.track == null || n[0] === view.track))
        .map((n) => [view.seconds(n[3]) - offset, view.seconds(n[3] + n[4]) - offset, n])
        .sort((a, b) => a[0] - b[0]);
      const last = notes.reduce((end, n) => Math.max(end, n[1]), 0);
      const heads = all(".playhead", view.root);
      let next = 0;
      say(`playing ${view.file.sides[view.side]}`);
      document.documentElement.dataset.playing = view.file.sides[view.side];
      this.timer = setInterval(() => {
        const now = this.audio.currentTime - start;
        while (next < notes.length && notes[next][0] < now + 0.3) {
          const [from, to, note] = notes[next++];
          if (to > now) this.note(note, start + Math.max(from, now), start + to, gain);
        }
        let low = first, high = view.file.width;
        for (let round = 0; round < 30; round++) {
          const middle = (low + high) / 2;
          if (view.seconds(middle) - offset < now) low = middle; else high = middle;
        }
        heads.forEach((head) => { head.setAttribute("x1", low); head.setAttribute("x2", low); });
        const left = low * view.zoom - view.root.scrollLeft;
        if (left > view.root.clientWidth - 220 || left < 0) view.show(low);
        if (now > last + 0.3) this.stop();
      }, 40);
    },
    note(note, from, to, gain) {
      const envelope = this.audio.createGain();
      const loud = note[5] / 127 * 0.5;
      envelope.gain.setValueAtTime(0, from);
      envelope.gain.linearRampToValueAtTime(loud, from + 0.006);
      envelope.connect(gain);
      let source;
      if (note[1] === 9) {
        source = this.audio.createBufferSource();
        const buffer = this.audio.createBuffer(1, this.audio.sampleRate * 0.12, this.audio.sampleRate);
        const data = buffer.getChannelData(0);
        for (let i = 0; i < data.length; i++) data[i] = (Math.random() * 2 - 1) * Math.exp(-i / data.length * 6);
        source.buffer = buffer;
        source.playbackRate.value = 0.4 + note[2] / 80;
        to = from + 0.15;
      } else {
        source = this.audio.createOscillator();
        source.type = "triangle";
        source.frequency.value = 440 * 2 ** ((note[2] - 69) / 12);
      }
      envelope.gain.setTargetAtTime(loud * 0.6, from + 0.02, 0.2);
      envelope.gain.setTargetAtTime(0, Math.max(from + 0.03, to - 0.02), 0.03);
      source.connect(envelope);
      source.start(from);
      source.stop(to + 0.2);
    },
    stop() {
      clearInterval(this.timer);
      if (this.audio) this.audio.close();
      all(".playhead").forEach((head) => { head.setAttribute("x1", -1); head.setAttribute("x2", -1); });
      delete document.documentElement.dataset.playing;
      this.audio = this.view = null;
    },
  };

  // On the page of `muse mergetool`: choose, save, and say goodbye when it is closed.
  const saving = () => {
    const button = document.querySelector(".save");
    if (!button) return;
    const told = document.querySelector(".saved"), fields = all(".choice");
    let finished = false;
    const chosen = () => Object.fromEntries(fields.map((field) => [field.dataset.address, field.querySelector(":checked")])
      .filter(([, input]) => input).map(([address, input]) => [address, input.value]));
    button.addEventListener("click", async () => {
      told.textContent = "saving";
      const answer = await fetch("/save", { method: "POST", body: JSON.stringify(chosen()) });
      const said = await answer.json();
      if (said.error) { told.textContent = said.error; return; }
      finished = said.settled;
      told.textContent = finished ? "settled and saved; this page can be closed" : `${said.left.length} left`;
      if (!finished) location.reload();
      else { button.disabled = true; fields.forEach((field) => { field.disabled = true; }); }
    });
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const side = { o: "ours", t: "theirs", b: "base" }[event.key];
      const row = event.target.closest(".conflicts li") || document.querySelector(".conflicts li");
      if (side && row) {
        row.querySelector(`input[value=${side}]`).checked = true;
        const next = row.nextElementSibling ? row.nextElementSibling.querySelector(".goto") : button;
        next.focus();
      } else if (event.key === "s") button.click();
    });
    addEventListener("pagehide", () => { if (!finished) navigator.sendBeacon("/goodbye", ""); });
  };

  saving();
  const views = all(".score").map((root) => new View(root));
  current = views[0] || null;
  all(".goto").forEach((button) => button.addEventListener("click", () => {
    const view = views.find((each) => each.file.id === button.dataset.file);
    if (view) { current = view; view.conflict(+button.dataset.conflict); }
  }));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(SELECT|INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "?") {
      const legend = document.querySelector(".legend");
      legend.open = !legend.open;
      return;
    }
    if (!current) return;
    const keys = {
      " ": () => player.toggle(current), n: () => current.step(1), p: () => current.step(-1),
      "+": () => current.scale(current.zoom * 2), "-": () => current.scale(current.zoom / 2), Escape: () => player.stop(),
    };
    if (/^[1-4]$/.test(event.key)) current.choose(event.key - 1);
    else if (keys[event.key] && !(event.key === " " && event.target.closest("button,summary,a"))) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  document.documentElement.dataset.ready = "yes";
})();
