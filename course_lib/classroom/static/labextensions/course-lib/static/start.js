// The start page in JupyterLab. Written by hand as one federated module, so that it needs no Node and no build: JupyterLab
// calls init() with the modules that it shares, and get() for the extension. The page itself is made by the server
// (course_lib.classroom.start_page); here it is only fetched, shown and kept fresh.

(() => {
  let shared;

  async function use(name) {
    const [version] = Object.values(shared[name]);
    return (await version.get())();
  }

  const LOOK = 10_000;  // milliseconds between two looks whether something was graded
  const NARROW = 900;  // CSS pixels: below it, the side bar leaves too little of the page

  const CAP = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path class="jp-icon3 jp-icon-selectable" fill="#616161"
    d="M12 3 1 9l11 6 9-4.91V17h2V9L12 3zM5 13.18v4L12 21l7-3.82v-4L12 17l-7-3.82z"/></svg>`;

  async function makeExtension() {
    const [{ ILayoutRestorer }, { ILauncher }, { ICommandPalette, MainAreaWidget, WidgetTracker }, { LabIcon }, { PageConfig, URLExt }, { ServerConnection }, { Widget }] = await Promise.all(
      ["@jupyterlab/application", "@jupyterlab/launcher", "@jupyterlab/apputils", "@jupyterlab/ui-components", "@jupyterlab/coreutils", "@jupyterlab/services", "@lumino/widgets"].map(use));
    const icon = new LabIcon({ name: "course-lib:cap", svgstr: CAP });

    class StartPage extends Widget {
      constructor(app, place = "start", called = "The start page") {
        super();
        this.app = app;
        this.place = place;  // which of the server's pages
        this.query = "";     // and what of it
        this.called = called;
        this.addClass("course-start");
        this.node.addEventListener("click", (event) => this.follow(event));
        this.whenSeen = () => { if (this.isVisible && !document.hidden) this.refresh(); };
        document.addEventListener("visibilitychange", this.whenSeen);
      }
      dispose() {
        document.removeEventListener("visibilitychange", this.whenSeen);
        super.dispose();
      }
      onAfterShow() { this.refresh(); }

      // What is open and not saved yet would not be counted.
      async saveAll() {
        for (const { context } of this.app.shell.widgets("main"))
          if (context?.model?.dirty && !context.model.readOnly && context.path.endsWith(".ipynb")) await context.save();
      }

      async refresh() {
        await this.saveAll().catch(() => {});
        const settings = ServerConnection.makeSettings();
        const query = this.query;
        try {
          const response = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, "course", this.place) + query, {}, settings);
          if (!response.ok) throw new Error(`the server answered ${response.status}`);
          const html = await response.text();
          if (html === this.shown || query !== this.query) return;
          const top = this.node.scrollTop;
          this.node.innerHTML = this.shown = html;
          this.showLocalTimes();
          this.node.scrollTop = top;
        } catch (error) {
          this.shown = undefined;
          this.node.textContent = `${this.called} cannot be shown: ${error.message}. Reload the browser's page; if that does not help, start the course again.`;
        }
      }

      // The server wrote each date as its own clock shows it; whoever reads the page may be in another time zone.
      showLocalTimes() {
        const form = { weekday: "short", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
        for (const time of this.node.querySelectorAll("time[data-local]")) {
          const when = new Date(time.dateTime);
          if (!isNaN(when)) time.textContent = when.toLocaleString("en-GB", form);
        }
      }

      async follow(event) {
        const target = event.target.closest("[data-open], [data-command], [data-begin], [data-review]");
        if (!target) return;
        event.preventDefault();
        const { open, command, begin, review } = target.dataset;
        if (command) return this.app.commands.execute(command);
        if (open) return this.open(open);
        target.disabled = true;
        try { await (begin ? this.begin(begin) : this.review(review)); }
        catch (error) { this.say(`This did not work: ${error.message}.`); }
        finally { target.disabled = false; }
      }

      async open(path) {
        const opened = await this.app.commands.execute("docmanager:open", path.endsWith(".html") ? { path, factory: "HTML Viewer" } : { path });
        if (!path.endsWith(".ipynb")) return opened;
        // in a narrow window, or at a large zoom, the chapter needs the room
        if (window.innerWidth < NARROW) this.app.shell.collapseLeft();
        else if (this.app.commands.hasCommand("toc:show-panel")) await this.app.commands.execute("toc:show-panel");
        return opened;
      }

      async ask(what, place) {
        const settings = ServerConnection.makeSettings();
        const request = { method: "POST", body: JSON.stringify({ place }) };
        const response = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, "course", what), request, settings);
        if (!response.ok) throw new Error(`the server answered ${response.status}`);
        return response.json();
      }

      say(text) { this.node.querySelector(".course-said").textContent = text; }

      // The former copy is saved and closed first, so that it is not saved over the new one.
      async begin(place) {
        for (const widget of [...this.app.shell.widgets("main")].filter(({ context }) => context?.path === place)) {
          if (widget.context.model.dirty) await widget.context.save();
          widget.close();
        }
        const { former } = await this.ask("begin", place);
        await this.refresh();
        this.say(`${place} is there anew.` + (former ? ` What you had done is in ${former}, beside it.` : ""));
      }

      async review(part) {
        const opened = await this.open((await this.ask("review", part)).open);
        await opened.context.ready;
        await opened.context.revert();  // it may be open since an earlier day
        await opened.sessionContext.ready;
        await this.app.commands.execute("notebook:run-all-cells");
      }
    }

    // What the class has understood: the course, an assignment or a student, for instructors. Its links lead within the tab.
    class ReportPage extends StartPage {
      constructor(app) {
        super(app, "report", "The report");
        this.node.addEventListener("submit", (event) => {
          event.preventDefault();
          const student = new FormData(event.target).get("student")?.trim();
          if (student) this.show("student", student);
        });
        this.watching = setInterval(() => this.watch().catch(() => {}), LOOK);
      }
      dispose() {
        clearInterval(this.watching);
        super.dispose();
      }
      async saveAll() {}  // what is open is no part of a report

      // Was something graded meanwhile, in a terminal or by somebody else? While a grading goes on the answer is another one at each look; the
      // page is fetched again when it has ended.
      async watch() {
        const typing = this.node.contains(document.activeElement) && document.activeElement.value;
        if (!this.isVisible || document.hidden || typing) return;
        const settings = ServerConnection.makeSettings();
        const response = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, "course", "report", "state"), {}, settings);
        if (!response.ok) return;
        const state = await response.text(), still = state === this.state;
        this.state = state;
        if (!still || state === this.fetched) return;
        this.fetched = state;
        await this.refresh();
      }
      show(what, which) {
        this.query = which ? `?${what}=${encodeURIComponent(which)}` : "";
        this.node.scrollTop = 0;
        return this.refresh();
      }
      async follow(event) {
        const target = event.target.closest("[data-report], [data-student]");
        if (!target) return super.follow(event);
        event.preventDefault();
        const { report, student } = target.dataset;
        return student ? this.show("student", student) : this.show("name", report);
      }
    }

    function activate(app, launcher, palette, restorer) {
      const tracker = new WidgetTracker({ namespace: "course-start" });
      // A command that brings the one tab with a page to the front, and makes it where there is none.
      const opens = (name, Page, label, caption, rank, made = () => {}) => {
        let tab;
        app.commands.addCommand(`course:${name}`, {
          label, caption, icon,
          execute() {
            if (!tab || tab.isDisposed) {
              const page = new Page(app);
              tab = new MainAreaWidget({ content: page });
              tab.toolbar.hide();
              Object.assign(tab.title, { label, icon, closable: true });
              tab.id = `course-${name}`;
              made(tab);
              app.shell.add(tab, "main");
              page.refresh();
            }
            app.shell.activateById(tab.id);
            return tab;
          },
        });
        launcher?.add({ command: `course:${name}`, category: "Course", rank });
        palette?.addItem({ command: `course:${name}`, category: "Course" });
      };
      if (PageConfig.getOption("courseRole") === "instructor")
        opens("report", ReportPage, "What the class has understood", "Questions, mistakes by name, what to talk about", 1);
      opens("start", StartPage, "Start here", "The chapters, how far you are, and the next step", 0, (tab) => tracker.add(tab));
      // after a reload the tab is where it was, in front or behind
      restorer?.restore(tracker, { command: "course:start", name: () => "course-start" });
      // the first time it opens by itself; a file that the address names is shown instead. JupyterLab itself writes the folder
      // of the file browser there, which nobody asked for
      app.restored.then(() => {
        if (window.innerWidth < NARROW) app.shell.collapseLeft();
        const asked = PageConfig.getOption("treePath");
        if (!tracker.size && !/\.\w+$/.test(asked)) app.commands.execute("course:start");
      });
    }

    return () => ({ __esModule: true, default: { id: "course-lib:start", autoStart: true, requires: [], optional: [ILauncher, ICommandPalette, ILayoutRestorer], activate } });
  }

  (window._JUPYTERLAB ??= {})["course-lib"] = {
    init(scope) { shared = scope; },
    get(module) {
      if (module !== "./extension") throw new Error(`course-lib has no module ${module}`);
      return makeExtension();
    },
  };
})();
