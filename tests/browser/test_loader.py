"""The loader of the static pages: what anywidget promises to a module, core controls, and what breaks.

The reference is anywidget's own front end: what a module sees here it also sees in JupyterLab.
"""

import base64
import json
from importlib.util import find_spec

import ipywidgets
import numpy as np
import pytest

from tests.browser.loader_widgets import afm, counter, state_of, view_of, write_raw_page
from tests.browser.server import serving
from tests.widget_project import start_build, write_project

SETTLED = """() => [...document.querySelectorAll('.afm-view')].every((view) => !['waiting', undefined]
  .includes(view.dataset.state))"""


def settled(visit):
    """Wait until every view is mounted or has said why not; give the visit."""
    visit.page.wait_for_function(SETTLED)
    return visit


@pytest.fixture
def raw(open_page, tmp_path):
    """A function that opens a page with any state scripts and views, strings as they are."""

    def raw(states, views, **options):
        return settled(open_page(write_raw_page(tmp_path, states, views).as_uri(), **options))

    return raw


def log(visit):
    """What the modules of the page noted in it."""
    return visit.page.evaluate("globalThis.log ?? []")


def clean(visit):
    """Nothing was fetched from elsewhere, and nothing went wrong."""
    assert visit.foreign == []
    assert visit.problems == []


def views(visit):
    return visit.page.locator(".afm-view")


# --- A project of its own ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Folder of the pages of a project that has only a copy of the extension, built by Sphinx."""
    if find_spec("myst_nb") is None:
        pytest.skip("myst-nb is not installed (extra: book)")
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("pages")
    write_project(source)
    process, html = start_build("sphinx", source, target)
    output, _ = process.communicate()
    assert process.returncode == 0, output[-3000:]
    return html


@pytest.mark.parametrize("served", [False, True], ids=["file", "http"])
def test_a_page_of_another_project(open_page, project, served):
    with serving(project) as address:
        visit = settled(open_page(f"{address}live.html" if served else (project / "live.html").as_uri()))
        buttons = visit.page.locator(".afm-live button")
        assert buttons.all_inner_texts() == ["live 3", "live 3"]
        buttons.last.click()
        assert buttons.all_inner_texts() == ["live 4", "live 4"]
        assert (
            visit.page.locator(".afm-poster").evaluate_all("all => all.map((e) => e.checkVisibility())") == [False] * 2
        )
        visit.page.emulate_media(media="print")
        assert (
            visit.page.locator(".afm-poster").evaluate_all("all => all.map((e) => e.checkVisibility())") == [True] * 2
        )
        assert not buttons.first.is_visible()
        clean(visit)


def test_a_page_of_another_project_without_javascript(open_page, project):
    visit = open_page((project / "live.html").as_uri(), javascript=False)
    assert visit.page.locator(".afm-poster img").is_visible()
    assert visit.page.get_by_text("only words").is_visible()
    assert visit.page.locator(".afm-live").count() == 0


# --- Hooks ----------------------------------------------------------------------------------------------------------

HOOKS = """
globalThis.log ??= [];
let loaded = 0;
export default async () => {
  loaded += 1;
  const made = [];
  return {
    async initialize(props) {
      await new Promise((done) => setTimeout(done, 20));
      made.push("initialize");
      log.push(["initialize", props.model.get("who"), loaded, Object.keys(props).sort().join(), props.signal.aborted]);
    },
    render(props) {
      made.push("render");
      log.push(["render", props.model.get("who"), made.length, Object.keys(props).sort().join(), props.signal.aborted]);
      props.el.append(`view ${made.length - 1} of ${props.model.get("who")}`);
    },
  };
};
"""


def test_initialize_once_a_model_render_once_a_view(stage):
    one, other = (afm(HOOKS, name="Hooks", who=name) for name in ("one", "other"))
    visit = settled(stage(one, one, other))
    # the module and its default function are the model's own: both models find it loaded once
    assert [entry for entry in log(visit) if entry[1] == "one"] == [
        ["initialize", "one", 1, "experimental,model,signal", False],
        ["render", "one", 2, "el,experimental,host,model,signal", False],
        ["render", "one", 3, "el,experimental,host,model,signal", False],
    ]
    assert [entry[:3] for entry in log(visit) if entry[1] == "other"] == [
        ["initialize", "other", 1],
        ["render", "other", 2],
    ]
    assert [text.strip() for text in views(visit).all_inner_texts()] == [
        "view 1 of one",
        "view 2 of one",
        "view 1 of other",
    ]
    clean(visit)


@pytest.mark.parametrize(
    "source",
    [
        "\nexport function render({ el }) { el.append('shown'); }\n",
        "\nexport default { render({ el }) { el.append('shown'); } };\n",
        "\nexport default () => ({ render({ el }) { el.append('shown'); } });\n",
        "\nexport default { async render({ el }) { await null; el.append('shown'); } };\n",
    ],
    ids=["render alone", "object", "function", "async render"],
)
def test_forms_of_a_module(stage, source):
    visit = stage(afm(source))
    assert views(visit).inner_text() == "shown"
    clean(visit)


def test_a_module_without_render_shows_nothing(stage):
    visit = stage(afm("\nexport default { initialize() {} };\n"))
    assert views(visit).inner_text() == ""
    clean(visit)


SLOW = """
export default {
  async render({ el }) {
    await new Promise((done) => { globalThis.finish = done; });
    el.append("live");
  },
};
"""


def test_the_poster_stays_until_an_async_render_is_done(open_page, tmp_path):
    widget = afm(SLOW)
    visit = open_page(write_raw_page(tmp_path, [state_of(widget)], [view_of(widget)]).as_uri())
    visit.page.wait_for_function("() => globalThis.finish")
    assert views(visit).inner_text().strip() == "poster"
    assert views(visit).get_attribute("data-state") == "waiting"
    visit.page.evaluate("finish()")
    settled(visit)
    assert views(visit).inner_text().strip() == "live"
    visit.page.emulate_media(media="print")
    assert views(visit).inner_text().strip() == "poster"
    clean(visit)


def test_a_view_that_never_finishes_does_not_hold_up_the_others(open_page, tmp_path):
    """Far below the window, so that only idle moments mount them."""
    first, stuck, fine = counter(1), afm(SLOW), counter(3)
    page = write_raw_page(tmp_path, [state_of(first, stuck, fine)], [view_of(w) for w in (first, stuck, fine)])
    tall = ".afm-view { min-height: 3000px; }\n</style>"
    page.write_text(page.read_text(encoding="utf-8").replace("</style>", tall), encoding="utf-8")
    visit = open_page(page.as_uri())
    visit.page.wait_for_function("() => document.querySelectorAll('.afm-view')[2].dataset.state === 'ready'")
    assert visit.page.evaluate("scrollY") == 0
    assert views(visit).nth(1).get_attribute("data-state") == "waiting"


def test_a_model_without_a_view_is_initialized_too(raw):
    source = "\nexport default { initialize({ model }) { (globalThis.log ??= []).push(model.get('who')); } };\n"
    shown = counter()
    visit = raw([state_of(shown, afm(source, name="Hidden", who="hidden"))], [view_of(shown)])
    visit.page.wait_for_function("() => globalThis.log?.includes('hidden')")
    clean(visit)


def test_a_style_sheet_is_added_once_for_a_class(stage):
    css = ".red { color: rgb(200, 0, 0); }"
    source = "\nexport default { render({ el }) { el.innerHTML = '<p class=red>text</p>'; } };\n"
    visit = settled(stage(*(afm(source, name="Styled", css=css) for _ in range(2))))
    assert visit.page.locator("p.red").last.evaluate("p => getComputedStyle(p).color") == "rgb(200, 0, 0)"
    assert visit.page.locator("style[id*=Styled]").count() == 1


def test_module_and_style_sheet_at_an_address(open_page, tmp_path):
    with serving(tmp_path) as address:
        (tmp_path / "module.js").write_text(
            "export default { render({ el }) { el.innerHTML = '<p class=far>far</p>'; } };"
        )
        (tmp_path / "style.css").write_text(".far { color: rgb(0, 0, 200); }")
        widget = afm(f"{address}module.js", css=f"{address}style.css")
        write_raw_page(tmp_path, [state_of(widget)], [view_of(widget)])
        visit = settled(open_page(f"{address}raw.html"))
        visit.page.wait_for_function(
            "() => getComputedStyle(document.querySelector('.far')).color === 'rgb(0, 0, 200)'"
        )
        clean(visit)


# --- Ends -----------------------------------------------------------------------------------------------------------

ENDS = """
globalThis.log ??= [];
let count = 0;
export default {
  initialize({ signal }) {
    signal.addEventListener("abort", () => note("model's signal"));
    return () => note("model's clean-up");
  },
  render({ model, el, signal }) {
    const name = `view ${(count += 1)}`;
    model.on("change:value", () => log.push(`${name} saw ${model.get("value")}`));
    signal.addEventListener("abort", () => note(`${name}'s signal`));
    el.append(name);
    return async () => { note(`${name}'s clean-up`); throw new Error(`clean-up of ${name}`); };
  },
};
function note(text) {
  log.push(text);
  if (parent !== window) parent.log.push(text); // which outlives a page in a frame
}
"""


def test_a_view_ends_when_it_is_taken_out_of_the_page(stage):
    widget = afm(ENDS, value=0)
    slider = ipywidgets.IntSlider(value=0)
    visit = settled(stage(widget, widget, slider, ipywidgets.jslink((widget, "value"), (slider, "value")).source[0]))
    page = visit.page
    page.evaluate(
        "document.querySelector('main').prepend(document.querySelector('.cell_output'))"
    )  # moved, not removed
    page.evaluate("new Promise((done) => setTimeout(done))")
    assert log(visit) == []
    page.evaluate("document.querySelector('.cell_output').remove()")
    page.wait_for_function("() => log.length === 2")
    assert log(visit) == ["view 1's signal", "view 1's clean-up"]
    page.locator("input[type=range]").press("ArrowRight")
    assert log(visit)[2:] == ["view 2 saw 1", "view 3 saw 1"]  # and nothing from view 1
    # a clean-up that fails is reported, once
    assert ["[static widgets] Error: clean-up of view 1" in problem for problem in visit.problems] == [True]


@pytest.mark.parametrize("end", ["frame.src = 'about:blank'", "frame.remove()"])
def test_models_and_views_end_with_the_page(open_page, tmp_path, end):
    """The page stands in a frame, so that what it said while it ended can still be read."""
    widget = afm(ENDS, value=0)
    write_raw_page(tmp_path, [state_of(widget)], [view_of(widget)])
    outer = (
        '<!doctype html><script>log = [];</script><iframe id="frame" src="raw.html" width="600" height="400"></iframe>'
    )
    (tmp_path / "outer.html").write_text(outer, encoding="utf-8")
    with serving(tmp_path) as address:
        visit = open_page(f"{address}outer.html")
        inner = visit.page.frame(url=f"{address}raw.html")
        inner.wait_for_function(SETTLED)
        assert inner.locator(".afm-live").inner_text() == "view 1"
        inner.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        assert log(visit) == []  # the browser keeps the page for the way back
        visit.page.evaluate(end)
        visit.page.wait_for_function("() => log.length === 4")
        ends = ["view 1's signal", "view 1's clean-up", "model's signal", "model's clean-up"]
        assert sorted(log(visit)) == sorted(ends)


def test_a_view_that_ends_while_it_renders_is_cleaned_up(open_page, tmp_path):
    source = """
globalThis.log ??= [];
export default {
  async render({ model, signal }) {
    model.on("change:value", () => log.push("heard"));
    await new Promise((done) => { globalThis.finish = done; });
    return () => log.push(`cleaned, ended: ${signal.aborted}`);
  },
};
"""
    widget, slider = afm(source, value=0), ipywidgets.IntSlider()
    link = ipywidgets.jslink((widget, "value"), (slider, "value"))
    page = write_raw_page(tmp_path, [state_of(widget, slider, link)], [view_of(widget), view_of(slider)])
    visit = open_page(page.as_uri())
    visit.page.wait_for_function("() => globalThis.finish")
    visit.page.evaluate("document.querySelector('.afm-live').remove()")
    visit.page.evaluate("finish()")
    visit.page.wait_for_function("() => log.length")
    visit.page.locator("input[type=range]").press("ArrowRight")
    assert log(visit) == ["cleaned, ended: true"]


# --- Models ---------------------------------------------------------------------------------------------------------

EVENTS = """
globalThis.log ??= [];
const note = (...entry) => log.push(entry.join(" "));
export default {
  render({ model }) {
    const both = function (from, value) { note("both", from.get("a") + from.get("b"), value); };
    const single = () => note("single", model.get("a"));
    model.on("change:a change:b", both);
    model.on("change:a", single);
    model.on("change", () => note("change"));
    model.on("msg:custom", () => note("never"));
    model.set("a", 1);
    model.set("a", 1);
    model.set({ a: 2, b: 3 });
    note("-- by name and callback");
    model.off("change:a", both);
    model.set({ a: 4, b: 5 });
    note("-- by callback");
    model.off(null, both);
    model.set({ a: 6, b: 7 });
    note("-- by name");
    model.off("change:a");
    model.set("a", 8);
    note("-- all");
    model.off();
    model.set("a", 9);
    note("-- saved", model.save_changes());
  },
};
"""
HEARD = """
both 1 1
single 1
change
both 5 2
single 2
both 5 3
change
-- by name and callback
single 4
both 9 5
change
-- by callback
single 6
change
-- by name
change
-- all
-- saved
"""


def test_events(stage):
    visit = stage(afm(EVENTS, a=0, b=0))
    assert [line.strip() for line in log(visit)] == HEARD.strip().splitlines()
    clean(visit)


def test_off_without_arguments_leaves_the_listeners_of_others(stage):
    source = """
export default {
  initialize({ model }) { model.on("change:value", () => (globalThis.log ??= []).push("initialize")); },
  render({ model, el }) {
    const view = el.appendChild(document.createElement("button"));
    model.on("change:value", () => (globalThis.log ??= []).push(`view ${model.get("value")}`));
    view.addEventListener("click", () => model.off());
  },
};
"""
    widget = afm(source, value=0)
    slider = ipywidgets.IntSlider()
    ipywidgets.jslink((widget, "value"), (slider, "value"))
    visit = settled(stage(widget, widget, slider))
    visit.page.locator("button").first.click()
    visit.page.locator("input[type=range]").press("ArrowRight")
    assert log(visit) == ["initialize", "view 1"]


SAME = """
const bytes = (...values) => new DataView(new Uint8Array(values).buffer);
export default {
  render({ model, el }) {
    let changes = 0;
    model.on("change:value", () => { changes += 1; });
    const pairs = [
      [1, 1], [NaN, NaN], [[NaN], [NaN]], [null, null], [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }],
      [{ a: 1, b: 2 }, { b: 2, a: 1 }], [bytes(1, 2), bytes(1, 2)], [{ a: bytes(1) }, { a: bytes(1) }],
      [1, 2], [1, "1"], [[NaN], [null]], [null, undefined], [{ a: 1 }, { a: 1, b: 2 }],
      [{ a: undefined }, { b: undefined }], [[1, 2], [2, 1]], [[], {}], [bytes(1, 2), bytes(1, 3)],
      [bytes(1), bytes(1, 1)], [{ a: bytes(1) }, { a: bytes(2) }], [bytes(1), new Uint8Array([1])], [null, {}],
      [new Float32Array([0]), new Float32Array([1])],
    ];
    el.append(pairs.map(([before, after]) => {
      model.set("value", before);
      changes = 0;
      model.set("value", after);
      return changes;
    }).join(""));
  },
};
"""


def test_only_a_new_value_is_a_change(stage):
    visit = stage(afm(SAME, value=0))
    assert views(visit).inner_text() == "0" * 8 + "1" * 14
    clean(visit)


def test_a_listener_that_fails_does_not_keep_the_news_from_others(stage):
    bad = "\nexport default { render({ model }) { model.on('change:value', () => { throw new Error('deaf'); }); } };\n"
    one, other = afm(bad, name="Bad", value=0), counter(0)
    ipywidgets.jslink((one, "value"), (other, "value"))
    visit = settled(stage(one, other))
    visit.page.locator("button").click()
    assert visit.page.locator("button").inner_text() == "count 1"
    assert ["deaf" in problem for problem in visit.problems] == [True]


# --- Binary values --------------------------------------------------------------------------------------------------

PRODUCT = """
const numbers = (view) => new Float32Array(view.buffer, view.byteOffset, view.byteLength / 4);
export function product(weights, x) {
  return Array.from({ length: weights.length / x.length }, (_, row) =>
    x.reduce((sum, value, i) => sum + weights[row * x.length + i] * value, 0));
}
export default {
  render({ model, el }) {
    const { layers, x } = model.get("state");
    const kinds = [model.get("bytes"), x, ...layers].map((view) => `${view.constructor.name} ${view.byteLength}`);
    const y = layers.reduce((vector, weights) => product(numbers(weights), vector), [...numbers(x)]);
    el.innerHTML = "<p></p><output></output>";
    el.firstChild.textContent = kinds.join(", ");
    el.lastChild.textContent = JSON.stringify(y);
  },
};
"""


def test_buffers_nested_in_lists_and_objects(stage):
    rng = np.random.default_rng(0)
    x, first, second = (rng.normal(size=size).astype("<f4") for size in (3, (4, 3), (2, 4)))
    state = {"x": x.tobytes(), "layers": [first.tobytes(), second.tobytes()], "note": "kept"}
    visit = stage(afm(PRODUCT, bytes=b"", state=state))
    assert views(visit).locator("p").inner_text() == "DataView 0, DataView 12, DataView 48, DataView 32"
    shown = json.loads(views(visit).locator("output").inner_text())
    expected = second.astype(float) @ (first.astype(float) @ x.astype(float))
    assert shown == pytest.approx(expected.tolist(), rel=1e-12)  # both add doubles: at most a few roundings apart
    clean(visit)


# --- Other widgets --------------------------------------------------------------------------------------------------

PARENT = """
globalThis.log ??= [];
export default {
  async render({ model, el, host, signal }) {
    const child = await host.getWidget(model.get("child"));
    const place = el.appendChild(document.createElement("div"));
    await child.render({ el: place });
    const values = await host.getModel(model.get("child"));
    values.on("change:value", () => log.push(`parent heard ${values.get("value")}`));
    const add = el.appendChild(document.createElement("button"));
    add.textContent = "add ten";
    add.addEventListener("click", () => child.exports.add(10));
    const own = new AbortController();
    const second = el.appendChild(document.createElement("div"));
    await child.render({ el: second, signal: own.signal });
    const stop = el.appendChild(document.createElement("button"));
    stop.textContent = "stop second";
    stop.addEventListener("click", () => own.abort());
    await child.render({ el: el.appendChild(document.createElement("div")), signal: new AbortController().signal });
    try {
      await host.getWidget("anywidget:nobody");
    } catch (error) {
      log.push(error.message);
    }
  },
};
"""
CHILD = """
globalThis.log ??= [];
let count = 0;
export default {
  initialize: ({ model }) => ({ add: (step) => model.set("value", model.get("value") + step) }),
  render({ model, el }) {
    const name = `child ${(count += 1)}`;
    const show = () => { el.textContent = `${name} ${model.get("value")}`; };
    model.on("change:value", show);
    show();
    return () => log.push(`${name} ended`);
  },
};
"""


@pytest.mark.parametrize("result", ["null", "undefined", "() => {}", "3"])
def test_a_child_that_exports_nothing(raw, result):
    child = afm(f"\nexport default {{ initialize: () => ({result}) }};\n", name="Child")
    source = """
export default {
  async render({ model, el, host }) { el.append(`${(await host.getWidget(model.get("child"))).exports}`); },
};
"""
    parent = afm(source, child=f"anywidget:{child.model_id}")
    assert views(raw([state_of(child, parent)], [view_of(parent)])).inner_text() == "undefined"


@pytest.mark.parametrize("prefix", ["anywidget:", "IPY_MODEL_", ""])
def test_host(raw, prefix):
    child = afm(CHILD, name="Child", value=1)
    parent = afm(PARENT, name="Parent", child=prefix + child.model_id)
    visit = raw([state_of(child, parent)], [view_of(parent)])
    page = visit.page
    shown = page.locator(".afm-live").first
    assert log(visit) == ["the page stores no model nobody"]
    page.get_by_text("add ten").click()
    assert "child 1 11" in shown.inner_text() and "child 2 11" in shown.inner_text()
    page.get_by_text("stop second").click()
    page.get_by_text("add ten").click()
    assert "child 1 21" in shown.inner_text() and "child 2 11" in shown.inner_text()
    page.evaluate("document.querySelector('.afm-live').remove()")
    page.wait_for_function("() => log.includes('child 3 ended')")
    # a child ends with its own signal, and with its parent at the latest
    heard = ["parent heard 11", "child 2 ended", "parent heard 21", "child 1 ended", "child 3 ended"]
    assert log(visit)[1:] == heard
    clean(visit)


def test_host_gives_core_controls_and_the_manager_their_models(raw):
    source = """
export default {
  async render({ model, el, host }) {
    const slider = await host.getWidget(model.get("child"));
    await slider.render({ el });
    const same = await model.widget_manager.get_model(model.get("child").slice("IPY_MODEL_".length));
    el.append(` exports ${slider.exports}, value ${same.get("value")}`);
    await model.widget_manager.get_model("nobody").catch((error) => el.append(`, ${error.message}`));
  },
};
"""
    slider = ipywidgets.IntSlider(value=7, description="seven")
    parent = afm(source, child=f"IPY_MODEL_{slider.model_id}")
    visit = raw([state_of(parent, slider)], [view_of(parent)])
    assert visit.page.get_by_label("seven").input_value() == "7"
    assert "exports undefined, value 7, the page stores no model nobody" in views(visit).inner_text()
    clean(visit)


# --- What needs a kernel, and what is broken ------------------------------------------------------------------------

KERNEL = "This needs a running kernel: open the notebook in JupyterLab."
PARTLY = "Some of this needs a running kernel: open the notebook in JupyterLab."
BROKEN = "This could not be shown here: open the notebook in JupyterLab."
FAILURES = {
    "render": "export default { render({ model }) { model.on('change', () => {}); throw new Error('no render'); } };",
    "late render": "export default { async render({ el }) { el.append('half'); await 0; throw new Error('late'); } };",
    "initialize": "export default { initialize() { throw new Error('never'); }, render({ el }) { el.append('no'); } };",
    "syntax": "export default {",
    "no export": "const render = () => {};",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_module_that_fails_leaves_its_poster_and_the_others(raw, failure):
    bad, good = afm(f"\n{FAILURES[failure]}\n"), counter(5)
    visit = raw([state_of(bad, good)], [view_of(bad), view_of(good)])
    assert views(visit).nth(0).inner_text().split("\n\n") == ["poster", BROKEN]
    assert views(visit).nth(0).get_attribute("data-state") == "failed"
    visit.page.get_by_role("button", name="count 5").click()
    assert visit.page.get_by_role("button").all_inner_texts() == ["count 6"]
    assert len(visit.problems) == 1 and "[static widgets]" in visit.problems[0]


def test_a_view_of_a_model_that_needs_python(raw):
    upload, good = ipywidgets.FileUpload(), counter(5)
    visit = raw([state_of(upload, good)], [view_of(upload), view_of(good)])
    assert views(visit).nth(0).inner_text().split("\n\n") == ["poster", KERNEL]
    assert views(visit).nth(0).get_attribute("data-state") == "needs-kernel"
    assert views(visit).nth(1).inner_text() == "count 5"
    clean(visit)


def test_a_model_of_another_package_is_not_taken_for_a_core_control(raw):
    slider = ipywidgets.IntSlider()
    state = state_of(slider)
    state["state"][slider.model_id]["model_module"] = "elsewhere"
    visit = raw([state], [view_of(slider)])
    assert views(visit).inner_text().split("\n\n") == ["poster", KERNEL]


def test_a_view_without_a_poster(open_page, tmp_path):
    """MyST-NB writes only the script where an output has nothing that could stand for the view."""
    widget = counter(3)
    page = write_raw_page(tmp_path, [state_of(widget)], [view_of(widget)] * 2)
    html = page.read_text(encoding="utf-8")
    place = '<div class="afm-view docutils container"><div class="afm-poster docutils container">poster</div></div>'
    assert html.count(place) == 2
    page.write_text(html.replace(place, ""), encoding="utf-8")
    visit = open_page(page.as_uri())
    visit.page.get_by_role("button").nth(1).wait_for()
    settled(visit)
    assert views(visit).all_inner_texts() == ["count 3", "count 3"]
    clean(visit)


def test_a_box_with_a_child_that_needs_python_and_one_that_is_missing(raw):
    upload, good, lost = ipywidgets.FileUpload(), counter(5), ipywidgets.Label("lost")
    box = ipywidgets.VBox([upload, lost, good])
    state = state_of(box)
    del state["state"][lost.model_id]
    visit = raw([state], [view_of(box)])
    assert [text for text in views(visit).inner_text().split("\n") if text] == [KERNEL, BROKEN, "count 5"]


def test_broken_scripts_spare_the_others(raw):
    good, lost, odd, beside = counter(5), counter(6), counter(7, data=b"1"), counter(8)
    state = state_of(odd, beside)
    state["state"][odd.model_id]["buffers"][0]["path"] = ["no", "such", "path"]
    shown = ['{"model_id": ', "null", view_of(lost), view_of(odd), view_of(beside), view_of(good)]
    visit = raw(['{"state": {', state, "{}", state_of(good)], shown)
    page = visit.page
    assert page.locator(".afm-view[data-state=failed] .afm-poster:visible").count() == 4
    assert page.get_by_text(BROKEN).count() == 4
    assert page.get_by_role("button").all_inner_texts() == ["count 8", "count 5"]
    assert len(visit.problems) == 6  # the four views, one state, one model
    assert all("[static widgets]" in problem for problem in visit.problems)


ASKING = """
export default {
  initialize({ model }) { if (model.get("early")) model.send({ hello: 1 }); },
  render({ model, el, experimental }) {
    for (const [text, ask] of [
      ["send", () => model.send({ kind: "custom" }, undefined, [new ArrayBuffer(1)])],
      ["invoke", () => experimental.invoke("command", 1, { buffers: [] }).catch((error) => el.append(error.message))],
    ]) {
      const button = el.appendChild(document.createElement("button"));
      button.textContent = text;
      button.addEventListener("click", ask);
    }
  },
};
"""


def test_what_asks_for_python_says_so_once(stage):
    visit = settled(stage(afm(ASKING, early=False), afm(ASKING, early=True)))
    late, early = views(visit).nth(0), views(visit).nth(1)
    notes = late.get_by_text(PARTLY)
    assert notes.count() == 0 and early.get_by_text(PARTLY).count() == 1
    late.get_by_text("invoke").click()
    late.get_by_text("invoke(command) calls Python").wait_for()
    assert notes.count() == 1
    late.get_by_text("send").click()
    assert notes.count() == 1
    clean(visit)


def test_a_button_is_shown_and_says_what_it_needs(stage):
    visit = stage(ipywidgets.Button(description="Train"))
    assert visit.page.get_by_role("button", name="Train").is_disabled()
    assert views(visit).get_by_text(PARTLY).count() == 1
    clean(visit)


# --- Layouts, boxes, outputs, links -----------------------------------------------------------------------------------

LAYOUT = """
export default {
  async render({ model, el }) {
    el.style.opacity = "0.5"; // what is not in the layout is the module's own
    const layout = await model.widget_manager.get_model(model.get("layout").slice("IPY_MODEL_".length));
    for (const width of ["300px", null]) {
      const button = el.appendChild(document.createElement("button"));
      button.textContent = `width ${width}`;
      button.addEventListener("click", () => layout.set("width", width));
    }
    el.dataset.first = el.clientWidth;
  },
};
"""


def test_layout_before_rendering_and_when_it_changes(stage):
    widget = afm(LAYOUT)
    widget.layout = ipywidgets.Layout(width="200px", border="3px dashed red", max_width="250px", grid_area="auto")
    widget.add_class("mine")
    visit = stage(widget)
    live = visit.page.locator(".afm-live.mine")
    assert live.get_attribute("data-first") == "200"
    style = "(el, name) => getComputedStyle(el)[name]"
    assert live.evaluate(style, "borderTopStyle") == "dashed" and live.evaluate(style, "opacity") == "0.5"
    visit.page.get_by_text("width 300px").click()
    assert live.evaluate("el => el.style.width") == "300px" and live.evaluate("el => el.clientWidth") == 250
    visit.page.get_by_text("width null").click()
    assert live.evaluate("el => el.style.width") == "" and live.evaluate(style, "opacity") == "0.5"
    clean(visit)


def test_boxes_hold_widgets_side_by_side_below_and_in_a_grid(stage):
    names = [ipywidgets.Label(name) for name in "abcdefgh"]
    grid = ipywidgets.GridBox(names[4:], layout=ipywidgets.Layout(grid_template_columns="100px 100px"))
    shared = counter(1)
    box = ipywidgets.VBox(
        [ipywidgets.HBox(names[:2]), ipywidgets.VBox(names[2:4]), grid, ipywidgets.HBox([shared, shared])]
    )
    visit = stage(box)
    places = {name: visit.page.get_by_text(name, exact=True).bounding_box() for name in "abcdefgh"}
    assert places["a"]["y"] == places["b"]["y"] and places["a"]["x"] < places["b"]["x"]
    assert places["c"]["x"] == places["d"]["x"] and places["c"]["y"] < places["d"]["y"]
    assert places["e"]["y"] == places["f"]["y"] < places["g"]["y"] and places["e"]["x"] == places["g"]["x"]
    visit.page.get_by_role("button").first.click()
    assert visit.page.get_by_role("button").all_inner_texts() == ["count 2", "count 2"]
    clean(visit)


def test_children_that_change(stage):
    """The views of a list of children end with it."""
    one, other = afm(CHILD, name="Child", value=1), afm(CHILD, name="Child", value=2)
    box = ipywidgets.VBox([one, other])
    swap = afm(
        """
export default {
  async render({ model, el, host }) {
    const box = await host.getModel(model.get("box"));
    const button = el.appendChild(document.createElement("button"));
    button.addEventListener("click", () => box.set("children", box.get("children").slice(1)));
  },
};
""",
        name="Swap",
        box=f"anywidget:{box.model_id}",
    )
    visit = settled(stage(box, swap))
    visit.page.get_by_role("button").click()
    visit.page.wait_for_function("() => log.length === 2")
    assert log(visit) == ["child 1 ended", "child 1 ended"]  # each model has its own module, and counts for itself
    views(visit).first.get_by_text("child 2 2").wait_for()
    assert views(visit).first.inner_text() == "child 2 2"
    clean(visit)


def test_folded_parts_and_a_stack_follow_the_chosen_one(stage):
    def parts(kind):
        return kind([ipywidgets.Label(f"{kind.__name__} one"), ipywidgets.Label(f"{kind.__name__} two")])

    accordion, tab, stack = parts(ipywidgets.Accordion), parts(ipywidgets.Tab), parts(ipywidgets.Stack)
    accordion.titles = tab.titles = ["First", "Second"]
    stack.selected_index = 0
    chosen = ipywidgets.Dropdown(options=["first", "second"], description="chosen", index=0)
    ipywidgets.jslink((chosen, "index"), (stack, "selected_index"))
    ipywidgets.jslink((accordion, "selected_index"), (tab, "selected_index"))
    visit = settled(stage(accordion, tab, stack, chosen))
    page = visit.page

    def visible():
        return page.locator(":text-matches(' (one|two)'):visible").all_inner_texts()

    page.wait_for_function("() => document.querySelectorAll('details').length === 4")
    page.get_by_text("Second").first.click()
    page.wait_for_function("() => [...document.querySelectorAll('details')].map((d) => +d.open).join('') === '0101'")
    assert visible() == ["Accordion two", "Tab two", "Stack one"]
    page.get_by_text("Second").first.click()
    page.wait_for_function("() => !document.querySelector('details[open]')")
    page.get_by_label("chosen").select_option("second")
    assert visible() == ["Stack two"]
    clean(visit)


def test_stored_outputs(stage):
    inner = ipywidgets.IntSlider(value=4, description="inner")
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    outputs = (
        {"output_type": "stream", "name": "stdout", "text": "printed\n"},
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": png, "text/plain": "a dot"}},
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<b>bold</b>", "text/plain": "plain"}},
        {"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": {"text/plain": "42"}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[0;31mZero\x1b[0m", "Division"]},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/vnd.jupyter.widget-view+json": view_of(inner), "text/plain": "IntSlider"},
        },
    )
    visit = settled(stage(ipywidgets.VBox([ipywidgets.Output(outputs=outputs), inner]), ipywidgets.Output()))
    page = visit.page
    assert page.locator("pre").all_inner_texts() == ["printed\n", "42", "Zero\nDivision"]
    assert page.get_by_alt_text("a dot").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    assert page.locator("b").inner_text() == "bold" and page.get_by_text("plain", exact=True).count() == 0
    assert page.get_by_label("inner").count() == 2
    assert page.get_by_text("Stored output: to change it, run the notebook.").count() == 1  # none for an empty one
    clean(visit)


def test_interact_moves_and_says_that_its_output_is_stored(stage):
    widget = ipywidgets.interactive(lambda x: None, x=(0, 10))
    widget.children[-1].outputs = ({"output_type": "stream", "name": "stdout", "text": "f(5)"},)
    visit = stage(widget)
    visit.page.get_by_label("x").press("ArrowRight")
    assert visit.page.get_by_label("x").input_value() == "6"
    assert [text for text in views(visit).inner_text().split("\n") if text][-2:] == [
        "f(5)",
        "Stored output: to change it, run the notebook.",
    ]
    clean(visit)


def test_links_between_a_module_and_a_control(stage):
    widget = counter(3)
    two_way, one_way = ipywidgets.IntSlider(description="both"), ipywidgets.IntSlider(description="one")
    ipywidgets.jslink((widget, "value"), (two_way, "value"))
    ipywidgets.jsdlink((widget, "value"), (one_way, "value"))
    visit = settled(stage(widget, two_way, one_way))
    page = visit.page
    both, one = page.get_by_label("both"), page.get_by_label("one")
    assert both.input_value() == one.input_value() == "3"
    page.get_by_role("button").click()
    assert both.input_value() == one.input_value() == "4"
    both.press("ArrowRight")
    assert page.get_by_role("button").inner_text() == "count 5" and one.input_value() == "5"
    one.press("Home")
    assert page.get_by_role("button").inner_text() == "count 5" and one.input_value() == "0"
    clean(visit)


def test_a_link_to_a_model_that_is_missing_spares_the_other_links(raw):
    one, other, lost = counter(1), counter(2), counter(3)
    state = state_of(one, other, ipywidgets.jslink((lost, "value"), (one, "value")), lost)
    state["state"] |= state_of(ipywidgets.jslink((one, "value"), (other, "value")))["state"]
    del state["state"][lost.model_id]
    visit = raw([state], [view_of(one), view_of(other)])
    assert visit.page.get_by_role("button").all_inner_texts() == ["count 1", "count 1"]


# --- Core controls ----------------------------------------------------------------------------------------------------


def keys(*names):
    """Press keys in the control that the label names."""

    def act(page, control):
        control.focus()
        for name in names:
            page.keyboard.press(name)

    return act


def typed(text):
    def act(page, control):
        control.fill(text)
        page.keyboard.press("Tab")

    return act


def chosen(*options):
    return lambda page, control: control.select_option(list(options))


def clicked(name):
    return lambda page, control: control.get_by_label(name, exact=True).click()


def moved(end, *names):
    def act(page, control):
        control.get_by_label(end, exact=True).focus()
        for name in names:
            page.keyboard.press(name)

    return act


def value(control):
    return control.input_value()


def checked(control):
    return control.is_checked()


def options(control):
    return control.evaluate("select => [...select.selectedOptions].map((option) => option.textContent)")


def ends(control):
    return [field.input_value() for field in control.locator("input").all()]


def choice(control):
    return control.locator("label:has(:checked)").inner_text().strip()


def beside(control):
    return control.evaluate("input => (input.closest('.afm-control').querySelector('output') ?? input).textContent")


W = ipywidgets
COLORS = ["red", "green", "blue"]
# name: (control, trait it is linked by, how it is read, what it shows, what the reader does, what it shows then)
CONTROLS = {
    "IntSlider": (W.IntSlider(value=3), "value", value, "3", keys("ArrowRight"), "4"),
    "FloatSlider": (W.FloatSlider(value=0.5, max=1), "value", beside, "0.50", keys("ArrowLeft"), "0.40"),
    "FloatLogSlider": (W.FloatLogSlider(value=10, step=1), "value", beside, "10.0", keys("ArrowRight"), "100"),
    "IntRangeSlider": (
        W.IntRangeSlider(value=(2, 5)),
        "value",
        ends,
        ["2", "5"],
        moved("to", "ArrowRight"),
        ["2", "6"],
    ),
    "FloatRangeSlider": (
        W.FloatRangeSlider(value=(0.5, 0.6), max=1),
        "value",
        ends,
        ["0.5", "0.6"],
        moved("from", "ArrowRight", "ArrowRight"),  # the second step would cross the other end
        ["0.6", "0.6"],
    ),
    "SelectionSlider": (
        W.SelectionSlider(options=COLORS, value="green"),
        "index",
        beside,
        "green",
        keys("ArrowRight"),
        "blue",
    ),
    "SelectionRangeSlider": (
        W.SelectionRangeSlider(options=COLORS, index=(0, 1)),
        "index",
        ends,
        ["0", "1"],
        moved("to", "End"),
        ["0", "2"],
    ),
    "IntText": (W.IntText(value=3), "value", value, "3", typed("-7.9"), "-7"),
    "FloatText": (W.FloatText(value=0.25), "value", value, "0.25", typed("0.001"), "0.001"),
    "BoundedIntText": (W.BoundedIntText(value=3, max=9), "value", value, "3", typed("500"), "9"),
    "BoundedFloatText": (W.BoundedFloatText(value=0.5, min=0.25), "value", value, "0.5", typed("-1"), "0.25"),
    "Text": (W.Text(value="one"), "value", value, "one", typed("two"), "two"),
    "Password": (W.Password(value="one"), "value", value, "one", typed("two"), "two"),
    "Combobox": (W.Combobox(value="one", options=["one", "two"]), "value", value, "one", typed("three"), "three"),
    "Textarea": (W.Textarea(value="one"), "value", value, "one", typed("two\nthree"), "two\nthree"),
    "Checkbox": (W.Checkbox(value=True), "value", checked, True, keys("Space"), False),
    "ToggleButton": (W.ToggleButton(value=False), "value", checked, False, keys("Space"), True),
    "Dropdown": (W.Dropdown(options=COLORS, value="green"), "index", options, ["green"], chosen("blue"), ["blue"]),
    "Select": (W.Select(options=COLORS, value="green"), "index", options, ["green"], keys("ArrowDown"), ["blue"]),
    "SelectMultiple": (
        W.SelectMultiple(options=COLORS, value=["red", "green"]),
        "index",
        options,
        ["red", "green"],
        chosen("red", "blue"),
        ["red", "blue"],
    ),
    "RadioButtons": (W.RadioButtons(options=COLORS, value="green"), "index", choice, "green", clicked("red"), "red"),
    "ToggleButtons": (W.ToggleButtons(options=COLORS, value="green"), "index", choice, "green", clicked("red"), "red"),
}
GROUPS = ("RangeSlider", "RadioButtons", "ToggleButtons")


def named(visit, name):
    """The control (or the group of controls) with an accessible name."""
    if name.endswith(GROUPS):
        return visit.page.get_by_role("group", name=name, exact=True)
    return visit.page.get_by_label(name, exact=True)


@pytest.fixture(scope="module")
def controls():
    """Every control with a name, and a second view of its model in a second control that a link keeps equal."""
    pairs = {}
    for name, (control, trait, *_) in CONTROLS.items():
        control.description = name
        kwargs = {"_options_labels": control._options_labels} if hasattr(control, "_options_labels") else {}
        second = type(control)(**({"options": COLORS} if kwargs else {}))
        for key in ("min", "max", "step", "base"):
            if hasattr(control, key):
                setattr(second, key, getattr(control, key))
        second.description = f"second {name}"
        ipywidgets.jslink((control, trait), (second, trait))
        pairs[name] = ipywidgets.VBox([control, second])
    return pairs


@pytest.mark.parametrize("name", CONTROLS)
def test_control(stage, controls, name):
    _, _, read, before, act, after = CONTROLS[name]
    visit = stage(controls[name], controls[name])  # two views of each model
    first, second = (named(visit, text).first for text in (name, f"second {name}"))
    assert read(first) == read(second) == before
    act(visit.page, first)
    assert read(first) == read(second) == after
    assert read(named(visit, name).last) == after
    clean(visit)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_controls_are_accessible(stage, controls, theme):
    from axe_playwright_python.sync_playwright import Axe

    more = [
        W.IntProgress(value=3, description="progress"),
        W.Play(description="steps"),
        W.Label("text", description="label"),
        W.HTML("<b>bold</b>"),
        W.Valid(value=True, description="valid"),
        W.IntSlider(),  # without a description
        W.IntRangeSlider(),
        W.Accordion([W.Label("within")], titles=["Part"]),
        W.Button(description="Train"),
    ]
    visit = settled(stage(W.VBox(list(controls.values())), *more, theme=theme))
    report = Axe().run(visit.page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()
    assert visit.page.get_by_role("slider", name="IntSlider", exact=True).count() == 2
    assert visit.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    clean(visit)


def test_a_table_entry_for_every_tested_control():
    """Whoever adds a control adds its test."""
    from tests.browser.staging import loader

    script, _ = loader()
    table = script[script.index("const controls = {") : script.index("// --- Core containers")]
    elsewhere = {"IntProgress", "FloatProgress", "Play", "Button", "Label", "Valid", "HTML", "HTMLMath"}
    media = {"Image", "Video", "Audio"}
    names = {word[: -len("Model:")] for word in table.split() if word.endswith("Model:")}
    assert names == set(CONTROLS) | elsewhere | media


FORMATS = [
    (3.14159, ".2f", "3.14"),
    (-0.5, ".1f", "-0.5"),
    (1234.5, ".3g", "1.23e+3"),
    (0.5, ".0%", "50%"),
    (0.125, ".1%", "12.5%"),
    (12345.678, ".2e", "1.23e+4"),
    (2.0, "d", "2"),
    (1 / 3, "", "0.333333"),
    (1 / 3, "$,.2f", "0.333333"),  # not ipywidgets' own: six digits
]


def test_numbers_are_shown_in_the_format_that_is_asked_for(stage):
    sliders = [
        W.FloatSlider(value=value, min=-1, max=20000, step=1e-6, readout_format=form) for value, form, _ in FORMATS
    ]
    visit = stage(W.VBox(sliders))
    assert visit.page.locator("output").all_inner_texts() == [text for _, _, text in FORMATS]
    for value, form, text in FORMATS[:2] + FORMATS[3:5]:
        assert text == format(value, form)


def test_a_logarithmic_slider_computes_as_python_does(stage):
    slider = W.FloatLogSlider(value=0.3, base=2, min=-4, max=4, step=0.25, readout_format=".5g", description="power")
    probe = afm(
        """
export default {
  render({ model, el }) { model.on("change:value", () => { el.textContent = model.get("value"); }); },
};
""",
        value=0,
    )
    ipywidgets.jslink((slider, "value"), (probe, "value"))
    visit = settled(stage(slider, probe))
    visit.page.get_by_label("power").press("End")
    for steps in range(1, 33):
        visit.page.get_by_label("power").press("ArrowLeft")
        assert float(views(visit).nth(1).inner_text()) == pytest.approx(2 ** (4 - 0.25 * steps), rel=1e-14)


def test_a_slider_that_tells_its_value_when_let_go(stage):
    slider = W.IntSlider(value=0, max=100, description="lazy", continuous_update=False)
    other = counter(0)
    ipywidgets.jslink((slider, "value"), (other, "value"))
    visit = settled(stage(slider, other))
    control = visit.page.get_by_label("lazy")
    box = control.bounding_box()
    mouse = visit.page.mouse
    mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    assert 40 <= int(beside(control)) <= 60  # the reader sees where the hand is
    assert visit.page.get_by_role("button").inner_text() == "count 0"
    mouse.up()
    assert visit.page.get_by_role("button").inner_text() == f"count {beside(control)}"


def test_bounds_name_and_state_follow_the_model(stage):
    slider = W.IntSlider(value=3, max=10, description="first")
    source = """
export default {
  async render({ model, el, host }) {
    const slider = await host.getModel(model.get("slider"));
    const button = el.appendChild(document.createElement("button"));
    button.addEventListener("click", () => slider.set({ max: 5, description: "then", disabled: true, tooltip: "why" }));
  },
};
"""
    visit = settled(stage(slider, afm(source, slider=f"anywidget:{slider.model_id}")))
    visit.page.get_by_label("first").press("End")
    assert visit.page.get_by_label("first").input_value() == "10"
    visit.page.get_by_role("button").click()
    control = visit.page.get_by_label("then", exact=True)
    assert control.get_attribute("max") == "5" and control.is_disabled() and control.get_attribute("title") == "why"


def test_a_list_in_which_nothing_is_chosen(stage):
    dropdown = W.Dropdown(options=COLORS, value=None, description="colour")
    visit = stage(dropdown)
    assert options(visit.page.get_by_label("colour")) == []
    visit.page.get_by_label("colour").select_option("red")
    assert options(visit.page.get_by_label("colour")) == ["red"]


def test_a_field_tells_the_browser_its_bounds(stage):
    visit = stage(W.VBox([W.BoundedIntText(value=3, min=-1, max=9, step=2), W.FloatText(value=1)]))
    bounds = "input => [input.min, input.max, input.step]"
    assert visit.page.get_by_role("spinbutton").first.evaluate(bounds) == ["-1", "9", "2"]
    assert visit.page.get_by_role("spinbutton").last.evaluate(bounds) == ["", "", "any"]


@pytest.mark.parametrize("reduced", [False, True], ids=["motion", "less motion"])
def test_play(stage, reduced):
    player = W.Play(value=0, max=3, interval=30, playing=True)  # stored while it played: it waits for the reader
    slider = W.IntSlider(max=3, description="at")
    ipywidgets.jslink((player, "value"), (slider, "value"))
    visit = settled(stage(player, player, slider, reduced_motion=reduced))
    button, at = visit.page.get_by_role("button").first, visit.page.get_by_label("at", exact=True)
    visit.page.wait_for_timeout(100)
    assert at.input_value() == "0" and button.inner_text() == "Play"
    button.click()
    if reduced:
        visit.page.wait_for_timeout(100)
        assert at.input_value() == "1" and button.inner_text() == "Play"
        return
    visit.page.wait_for_function("() => document.querySelector('input[type=range]').value === '3'")
    visit.page.wait_for_function("() => document.querySelector('button').textContent === 'Play'")
    clean(visit)


def test_play_can_be_paused_in_another_view(stage):
    player = W.Play(value=0, max=10**6, interval=20)
    slider = W.IntSlider(max=10**6, description="at")
    ipywidgets.jslink((player, "value"), (slider, "value"))
    visit = settled(stage(player, player, slider))
    first, second = visit.page.get_by_role("button").all()
    first.click()  # this one does not come to its end by itself
    visit.page.wait_for_function("() => document.querySelector('input[type=range]').value > 2")
    assert [first.inner_text(), second.inner_text()] == ["Pause", "Pause"]
    second.click()
    stopped = visit.page.get_by_label("at").input_value()
    visit.page.wait_for_timeout(120)
    assert visit.page.get_by_label("at").input_value() == stopped
    assert first.inner_text() == "Play"


def test_pictures_and_words(stage):
    png = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    picture = W.Image(value=png, format="png", width=20, tooltip="a dot")
    address = W.Image(value=b"data:image/png;base64," + base64.b64encode(png), format="url", tooltip="a far dot")
    words = [
        W.Label("<b>words</b>"),
        W.HTML("<b>bold</b>", description="html"),
        W.HTMLMath("<i>x</i>"),
        W.Valid(value=False),
    ]
    level = W.FloatProgress(value=3, min=1, max=5, description="level")
    visit = settled(stage(picture, address, *words, level, W.Image()))
    page = visit.page
    for alt in ("a dot", "a far dot"):
        assert (
            page.get_by_alt_text(alt, exact=True).evaluate("image => image.decode().then(() => image.naturalWidth)")
            == 1
        )
    assert page.get_by_alt_text("a dot", exact=True).bounding_box()["width"] == 20
    assert views(visit).nth(2).inner_text() == "<b>words</b>"
    assert views(visit).nth(3).inner_text().split() == ["html", "bold"]
    assert page.locator("i").inner_text() == "x"
    assert views(visit).nth(5).inner_text() == "✗ Invalid"
    assert page.get_by_role("progressbar", name="level").evaluate("bar => bar.position") == 0.5
    clean(visit)
