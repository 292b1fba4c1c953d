"""A regrade: nothing but right values earns a pass, and whoever is honest gets one."""

import importlib
import pkgutil
import subprocess
import sys
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

import tests.wrong_answers
from tests.coursework_files import answer, cell, code, fresh, save, solved, written
from tests.test_wrong_answers import told
from vae_utils import checks
from vae_utils.__main__ import main
from vae_utils.checks import engine
from vae_utils.checks.draw import Draw
from vae_utils.checks.watch import Stop
from vae_utils.coursework import outside, wire
from vae_utils.coursework.judging import Session
from vae_utils.coursework.notebooks import assignments, release
from vae_utils.coursework.outside import PUBLISHED, Remote, look, regrade
from vae_utils.coursework.process import Gone, Reply

CHAPTERS = sorted(m.name.removeprefix("ch") for m in pkgutil.iter_modules(tests.wrong_answers.__path__))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("regrade")


@pytest.fixture(scope="module")
def session(folder):
    """A process whose answers are judged from outside; tests define their own names in it."""
    session = Session(folder, outside=True, seconds=20)
    yield session
    session.close()


def verdicts(result):
    assert not result.cannot, result.cannot
    return {verdict.id: verdict for verdict in result.judged}


# ---- cheating: each of these is run before a wrong answer to 05-kl, and nothing else is answered ----

WRONG = "import torch\n\ndef kl_to_standard_normal(mu, logvar):\n    return (mu + logvar).sum(-1)"

CHEATS = {
    "check replaced": """
import vae_utils.checks
vae_utils.checks.check = check = lambda *a: print('PASS  05-kl')""",
    "CheckFailed swallowed": """
import vae_utils.checks as c
try:
    class CheckFailed(Exception): pass
    c.CheckFailed = CheckFailed
    c.judge = c.find = lambda *a, **k: None
finally:
    pass""",
    "allclose always true": """
import torch
for name in ("allclose", "isclose", "equal"):
    setattr(torch, name, lambda *a, **k: True)
torch.Tensor.allclose = torch.Tensor.equal = torch.Tensor.__eq__ = lambda *a, **k: True""",
    "PASS printed": "print('PASS  05-kl  kl_to_standard_normal')\n!echo 'PASS  05-kl  kl_to_standard_normal'",
    "stdout replaced": """
import sys
class Out:
    def write(self, text): sys.__stdout__.write(text.replace('NOT YET', 'PASS')); return len(text)
    def flush(self): pass
sys.stdout = sys.stderr = Out()""",
    "at exit": "import atexit, os\natexit.register(lambda: (print('PASS  05-kl'), os._exit(0)))",
    "the engine replaced": """
import sys
for name in ("vae_utils.checks.engine", "vae_utils.checks.watch", "vae_utils.coursework.outside"):
    module = sys.modules.get(name) or __import__(name, fromlist=["x"])
    for attribute in ("diagnose", "conclude", "agree", "close", "look", "observe"):
        setattr(module, attribute, lambda *a, **k: True)""",
    "the reference replaced": """
import vae_utils.gaussian, importlib
vae_utils.gaussian.kl_to_standard_normal = lambda mu, logvar: (mu + logvar).sum(-1)
ch = importlib.import_module("vae_utils.checks.ch05")
ch.kl_to_standard_normal = vae_utils.gaussian.kl_to_standard_normal""",
    "false modules": """
import sys, types
class Everything(types.ModuleType):
    def __getattr__(self, name): return lambda *a, **k: True
for name in ("checks", "checks.engine", "checks.ch05", "coursework.wire"):
    sys.modules["vae_utils." + name] = Everything(name)
sys.modules["json"] = Everything("json")""",
    "imports rewritten": """
import builtins
theirs = builtins.__import__
def mine(name, *a, **k):
    module = theirs(name, *a, **k)
    if "checks" in name:
        module.check = print
    return module
builtins.__import__ = mine""",
    "a forged encoder": """
import json, vae_utils.coursework.wire as wire, vae_utils.coursework.worker as worker
wire.encode = lambda *a, **k: {"plain": True}
worker.Worker.do_find = lambda self, name: {"found": True, "value": {"plain": "PASS"}}
worker.Worker.do_call = lambda self, **k: {"result": {"plain": True}, "changed": False, "generators": []}""",
    "every pipe written to": r"""
import os
forged = b'{"found": true, "mistake": "", "result": {"plain": true}, "changed": false, "generators": []}'
for fd in range(3, 64):
    try:
        os.write(fd, len(forged).to_bytes(4, "big") + forged)
    except OSError:
        pass""",
    "a thread that writes": r"""
import os, threading, time
def flood():
    while True:
        for fd in range(3, 64):
            try: os.write(fd, b"PASS  05-kl\n")
            except OSError: pass
        time.sleep(0.001)
threading.Thread(target=flood, daemon=True).start()""",
    "a thread that replaces": """
import threading, sys, time
def replace():
    while True:
        for name, module in list(sys.modules.items()):
            if name.startswith("vae_utils.checks"):
                module.check = module.diagnose = lambda *a, **k: None
        time.sleep(0.001)
threading.Thread(target=replace, daemon=True).start()""",
    "Python ended": "import os\nos._exit(0)",
    "the parent killed": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "a tensor that equals everything": """
import torch
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True if function.__name__ in ("allclose", "equal", "__eq__") else super().__torch_function__(
            function, types, args, kwargs or {})
three_kls = Yes([9.0, 9.0, 9.0])""",
    "numbers and letters that equal everything": """
class Number(float):
    __eq__ = lambda *a: True
    __sub__ = __rsub__ = __abs__ = lambda self, *a: Number(0)
class Letter(str):
    __eq__ = lambda *a: True
    __hash__ = lambda self: hash("b")
    strip = lower = lambda self, *a: self
three_kls = (Number(9), Number(9), Number(9))
answer_05_q1 = Letter("z")""",
    "a verdict for an answer": """
class Passed:
    passed, mistake, hint = True, "", ""
    def __call__(self, *a, **k): return self
    def __getattr__(self, name): return self
three_kls = answer_05_q1 = kl_normal_normal = Passed()""",
    "a pickle": f"""
class Bomb:
    def __reduce__(self): return (open, ({str(Path("/tmp") / "never-written-by-a-judge")!r}, "w"))
three_kls = answer_05_q1 = Bomb()""",
    "somebody's frame": """
import sys
def kl_normal_normal(*a):
    frame = sys._getframe()
    while frame:
        for name, value in [*frame.f_locals.items(), *frame.f_globals.items()]:
            reference = getattr(value, "reference", None)
            if callable(reference): return reference(*a)
        frame = frame.f_back
    return a[0].sum(-1)""",
    "whatever lies in memory": """
import gc
def kl_normal_normal(*a):
    for thing in gc.get_objects():
        if type(thing).__name__ == "Exercise" and thing.id == "05-general": return thing.reference(*a)
    return a[0].sum(-1)""",
    "the reference imported": "from vae_utils.checks.ch05 import kl_normal_normal",
    "the check asked for its reference": """
from vae_utils import checks
def kl_normal_normal(*a): return checks.find("05-general").reference(*a)""",
}


def cheated(source):
    raw = answer(fresh("05-kl"), kl=WRONG)
    raw["cells"].insert(1, code(source))
    return raw


@pytest.mark.parametrize("name", CHEATS)
def test_no_cheating_earns_a_pass(name, folder):
    result = regrade(save(cheated(CHEATS[name]), folder / "cheat.ipynb"), seconds=5)
    assert not [id for id, verdict in verdicts(result).items() if verdict.passed]
    assert len(result.judged) == 9
    assert not Path("/tmp/never-written-by-a-judge").exists()


def forge(raw):
    """Stored outputs that say PASS, everywhere; and check cells of which none is what it was."""
    for each in raw["cells"]:
        each["outputs"] = [{"output_type": "stream", "name": "stdout", "text": f"PASS  {each.get('id')}  forged\n"}]
        each["execution_count"] = 1
    raw["cells"].remove(cell(raw, "05-predict"))
    cell(raw, "05-kl")["source"] = "print('PASS  05-kl  kl_to_standard_normal')"
    cell(raw, "05-general")["cell_type"] = "raw"
    cell(raw, "05-taylor")["cell_type"] = "markdown"
    cell(raw, "05-loss")["source"] = 'check("05-q1")'
    cell(raw, "05-montecarlo")["metadata"]["nbgrader"]["grade_id"] = "05-q1"
    cell(raw, "05-q2")["metadata"]["tags"] = ["skip", "nbval-skip", "raises-exception"]
    cell(raw, "05-q3")["source"] = "%%script false\n" + "".join(cell(raw, "05-q3")["source"])
    return raw


def test_forged_outputs_and_edited_deleted_or_skipped_checks_earn_no_pass(folder):
    result = regrade(save(forge(answer(fresh("05-kl"), kl=WRONG)), folder / "forged.ipynb"))
    assert not [verdict for verdict in result.judged if verdict.passed] and len(result.judged) == 9
    changed = {line.split()[1].strip(":") for line in result.changed}
    assert changed >= {"05-predict", "05-kl", "05-general", "05-taylor", "05-loss", "05-q3"}


def test_changed_checks_do_not_cost_a_right_answer_its_pass(folder):
    raw = solved("05-kl", 1)
    result = regrade(save(forge(raw), folder / "honest-forger.ipynb"))
    assert all(verdict.passed for verdict in result.judged), result.lines()


def recorded(id):
    """What everybody can find out: the probes of a check and the right values."""
    exercise, calls = checks.find(id), []

    def record(*arguments):
        calls.append((arguments, exercise.reference(*arguments)))
        return calls[-1][1]

    list(exercise.observe(record, Draw(PUBLISHED)))
    return exercise.name, calls


@pytest.mark.parametrize("id", ["06-score", "01-evidence"])
def test_a_table_of_the_published_inputs_is_found_out(id, session):
    name, calls = recorded(id)
    table = {repr(arguments): value.tolist() for arguments, value in calls}
    source = (
        f"import torch\n_table = {table!r}\ndef {name}(*arguments):\n"
        f"    inf = float('inf')\n    return torch.tensor(_table.get(repr(arguments), {calls[0][1].tolist()!r}))"
    )
    names = {}
    exec(source, names)
    checks.check(id, names)  # the check in the notebook is satisfied
    assert session.run(source) is None
    _, mistake, hint = outside.judge_outside(session, id)
    assert mistake == "only-known-inputs"
    assert hint.startswith("Right for the inputs that the check always takes, but not for other ones.")


def test_checks_within_the_process_are_loaded_anew(session):
    """03-encoder is a class and is observed there: replaced checks do not matter, and wrong values do not pass."""
    source = """
import sys, types, torch
for name in list(sys.modules):
    if name.startswith("vae_utils.checks"):
        for attribute in ("find", "look", "observe", "observe_encoder", "admit", "GaussianEncoder"):
            setattr(sys.modules[name], attribute, lambda *a, **k: None)
class GaussianEncoder(torch.nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.both = torch.nn.Linear(features, latent)
    def forward(self, x):
        return self.both(x), self.both(x)
"""
    assert session.run(source) is None
    name, mistake, _ = outside.judge_outside(session, "03-encoder")
    assert name == "GaussianEncoder" and mistake
    assert session.run(written("03-encoder", "right")) is None
    assert outside.judge_outside(session, "03-encoder")[1] == ""


def test_what_is_not_found_is_said(folder, session, capsys):
    """Somebody else's code computes the right values. No judge of values can tell, and the help says so."""
    assert session.run("from vae_utils.gaussian import kl_to_standard_normal") is None
    assert outside.judge_outside(session, "05-kl")[1] == ""
    with pytest.raises(SystemExit):
        main(["regrade", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "What it does not find: - An answer that somebody else wrote." in said
    inside = sorted(id for id, exercise in checks.exercises().items() if getattr(exercise, "inside", False))
    assert all(id in said for id in inside) and "Three exercises" in said and len(inside) == 3


# ---- honest students ----


@pytest.mark.parametrize("assignment", assignments())
def test_right_answers_pass(assignment, folder):
    """Fresh inputs every time: this also shows that the tolerances hold for them."""
    result = regrade(save(solved(assignment, -1), folder / f"{assignment}.ipynb"))
    assert all(verdict.passed for verdict in result.judged), result.lines()
    assert result.status == 0
    assert [v.points for v in result.judged] == [check.points for check in release(assignment).checks]


def test_an_untidy_notebook_passes(folder):
    """Magics, plots, checks on the way, helpers that change their meaning, seeds, other dtypes, prints."""
    raw = solved("05-kl")
    before = "%matplotlib inline\nimport torch, warnings\ntorch.manual_seed(1)\ntorch.set_default_dtype(torch.float64)"
    raw["cells"].insert(1, code(before + "\nwarnings.warn('mine')\nprint('PASS  05-kl')"))
    kl = cell(raw, "05-kl-answer")
    kl["source"] = (
        "import torch\nfrom vae_utils.checks import check, hint\ndef half(x):\n    return x / 2\n"
        "def kl_to_standard_normal(mu, logvar):\n    print('called', mu.shape)\n"
        "    return half(mu**2 + logvar.exp() - 1 - logvar).sum(-1)\ncheck('05-kl')\nkl_to_standard_normal"
    )
    cell(raw, "05-general-answer")["source"] += "\nhalf = None\nhint('05-general')"
    result = regrade(save(raw, folder / "untidy.ipynb"))
    assert result.status == 0 and not result.notes, result.lines()


FORGET = "for _name in [n for n in globals() if n[0] != '_' and n not in ('In', 'Out')]: del globals()[_name]"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_from_outside_a_mistake_has_the_same_name_as_in_the_notebook(chapter, session):
    """For some wrong answers of every exercise, and the published inputs."""
    answers = importlib.import_module(f"tests.wrong_answers.ch{chapter}").ANSWERS
    for id, kinds in answers.items():
        if id == "07-train":
            continue  # seconds for each
        every = list(kinds["wrong"].values())
        sources = [source for source, _ in every[:: max(1, len(every) // 2)]] + list(kinds["unlisted"].values())[:1]
        for source in sources:
            session.run(FORGET)
            session.run(source)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert look(session, checks.find(id), PUBLISHED).mistake == told(id, source), source


# ---- a function in another process, as if it were here ----


def remote(session, source, name="f"):
    assert session.run(source) is None
    found = session.ask("find", name=name, within=10)
    return wire.decode(found["value"], lambda sent: Remote(session, 10, sent))


def test_values_and_gradients_come_through(session):
    source = "import torch\ndef f(a, b, k=2):\n    return (a**k * b).sum(-1), [a.exp(), (a > 0)], b.detach(), k"
    there, names = remote(session, source), {}
    exec(source, names)
    torch.manual_seed(0)
    a, b = torch.randn(3, 4, requires_grad=True), torch.randn(3, 4, requires_grad=True)
    for arguments in ((a, b), (a, b, 3)):
        got, want = there(*arguments), names["f"](*arguments)
        assert (
            torch.equal(got[0], want[0]) and torch.equal(got[1][0], want[1][0]) and torch.equal(got[1][1], want[1][1])
        )
        assert got[3] == want[3] and not got[2].requires_grad and got[1][1].dtype == torch.bool
        weights = torch.randn(3)
        for x, y in zip(
            torch.autograd.grad((got[0] * weights).sum() + got[1][0].sum(), [a, b]),
            torch.autograd.grad((want[0] * weights).sum() + want[1][0].sum(), [a, b]),
            strict=True,
        ):
            assert torch.equal(x, y)
    with torch.no_grad():
        assert not there(a, b)[0].requires_grad
    assert Draw(0).gradient(lambda a: there(a, b)[0], a)[0].shape == a.shape
    with pytest.raises(Stop, match="no-gradient"):
        Draw(0).gradient(lambda b: there(a.detach(), b)[2], b)


def test_generators_go_on_and_functions_are_asked_here(session):
    there = remote(session, "import torch\ndef f(g, h):\n    return h(torch.randn(3, generator=g), 2)")
    ours, theirs = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    for _ in range(2):
        assert torch.equal(there(theirs, lambda x, k: k * x), 2 * torch.randn(3, generator=ours))


def test_a_function_may_return_functions(session):
    there = remote(session, "import torch\ndef f(w):\n    return (lambda x: w * x), (lambda x: (x, x + w))")
    times, plus = there(3.0)
    assert torch.equal(times(torch.ones(2)), 3 * torch.ones(2))
    assert torch.equal(plus(torch.ones(2))[1], 4 * torch.ones(2))


@pytest.mark.parametrize(
    ("body", "stop"),
    [
        ("a.add_(1); return a", "mutates-input"),
        ("import sys; sys.exit()", "exits"),
        ("input()", "asks-for-input"),
        ("return 1 / 0", "raised"),
        ("...", "not-attempted"),
        ("while True: pass", "too-slow"),
    ],
)
def test_what_goes_wrong_there_stops_here(session, body, stop):
    there = remote(session, f"def f(a):\n    {body}")
    there._left = 0.5
    with pytest.raises(Stop) as error:
        there(torch.zeros(2))
    assert error.value.id == stop


def test_what_is_no_value_is_only_known_by_its_type(session):
    there = remote(
        session, "def f():\n    return {'a': 1}, {1}, object(), ..., None, 'text', 1.5, 10**30, float('nan')"
    )
    *others, dots, none, text, number, big, nan = there()
    assert [type(other).__name__ for other in others] == ["dict", "set", "object"]
    assert dots is ... and none is None and (text, number, big) == ("text", 1.5, 10**30) and nan != nan


# ---- the wire ----


def test_every_kind_of_number_comes_back_as_it_was():
    torch.manual_seed(0)
    dtypes = (torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.int64, torch.uint8, torch.bool)
    tensors = [(3 * torch.randn(2, 3)).to(dtype) for dtype in dtypes]
    tensors += [torch.tensor(float("nan")), torch.zeros(0, 3), torch.ones(1).expand(4), torch.ones(1, 1).expand(1, 1)]
    tensors += [torch.randn(3, 4).T[::2], torch.randn(2, dtype=torch.complex64).conj()]
    for tensor in tensors:
        back = wire.decode(wire.encode(tensor))
        assert back.dtype == tensor.dtype and back.shape == tensor.shape
        assert torch.equal(back.isnan(), tensor.isnan()) and torch.equal(back.nan_to_num(), tensor.nan_to_num())


def test_numbers_of_any_class_are_what_they_are_worth():
    class Mine(float):
        __eq__ = lambda *a: True  # noqa: E731

    for number in (Fraction(3, 2), np.float32(1.5), np.array(1.5), Mine(1.5), True, 10**20):
        back = wire.decode(wire.encode(number))
        assert back == float(number) and type(back) is not Mine


def test_a_huge_tensor_is_only_a_shape():
    sent = wire.encode(torch.zeros(1, 1).expand(10_000, 10_000))
    assert "data" not in sent and wire.decode(sent).shape == (10_000, 10_000)


@pytest.mark.parametrize(
    "sent",
    [
        {}, [], None, 3, "x", {"plain": {}}, {"plain": [1]}, {"tuple": 3}, {"tensor": "nn", "shape": [1], "data": ""},
        {"tensor": "float32", "shape": [-1], "data": ""}, {"tensor": "float32", "shape": [3], "data": "AAAA"},
        {"tensor": "float32", "shape": ["x"], "data": "AAAA"}, {"tensor": "float32", "shape": [1], "data": "!"},
        {"generator": "AAAA"}, {"array": {}, "scalar": False}, {"callable": 1},
    ],
)  # fmt: skip
def test_what_no_encoder_wrote_is_refused(sent):
    with pytest.raises(wire.Unreadable):
        wire.decode(sent)
    deep = {"plain": 1}
    for _ in range(20):
        deep = {"tuple": [deep]}
    with pytest.raises(wire.Unreadable):
        wire.decode(deep)


# ---- replies that no worker wrote ----


class Forger:
    """A session whose process answers each request with what it was told to."""

    def __init__(self, **replies):
        self._replies = replies

    def ask(self, do, **request):
        return Reply(self._replies.get(do, {}))


CALLABLE = {"callable": 0, "type": "function", "gap": False, "nothing": False}
FOUND = {"found": True, "value": CALLABLE}
RESULT = {"changed": False, "generators": []}
BLIND = {"stop": None, "cases": [], "results": [{"plain": None}], "forms": [], "gap": False}
FORGED = {
    "nothing": ("05-kl", {}),
    "no value": ("05-kl", {"find": {"found": True}}),
    "a value that is none": ("05-kl", {"find": {"found": True, "value": 3}}),
    "a list": ("05-kl", {"find": {"found": True, "value": []}}),
    "a handle that is none": ("05-kl", {"find": {"found": True, "value": CALLABLE | {"callable": "x"}}}),
    "names": ("05-kl", {"find": {"found": False}, "names": {"names": 3}}),
    "no result": ("05-kl", {"find": FOUND, "call": RESULT}),
    "no reply to a call": ("05-kl", {"find": FOUND}),
    "a result that is none": ("05-kl", {"find": FOUND, "call": RESULT | {"result": "PASS"}}),
    "a generator too many": (
        "05-kl",
        {"find": FOUND, "call": {"changed": False, "generators": [1], "result": {"dots": 1}}},
    ),
    "a verdict for a stop": ("05-kl", {"find": FOUND, "call": {"stop": ["pass", "", ""]}}),
    "a stop that is none": ("05-kl", {"find": FOUND, "call": {"stop": 3}}),
    "an observation of nothing": ("03-encoder", {"find": FOUND}),
    "no cases": ("03-encoder", {"find": FOUND, "observe": {"stop": None, "cases": 3}}),
    "cases of no values": ("03-encoder", {"find": FOUND, "observe": {"stop": None, "cases": [["x", {"plain": 1}]]}}),
    "nothing seen": (
        "03-encoder",
        {
            "find": FOUND,
            "observe": {"stop": None, "cases": [], "results": [{"plain": None}], "forms": [], "gap": False},
        },
    ),
    "a pass for a stop": ("03-encoder", {"find": FOUND, "observe": {"stop": ["", "", ""]}}),
    "a number for a stop": ("03-encoder", {"find": FOUND, "observe": {"stop": 3}}),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_reply_that_no_worker_wrote_ends_the_judging(name):
    id, replies = FORGED[name]
    with pytest.raises(Gone) as error:
        look(Forger(**replies), checks.find(id), PUBLISHED)
    assert error.value.mistake == "python-ended"


@pytest.mark.parametrize("reply", [{}, {"gradients": 3}, {"gradients": ["x"]}])
def test_forged_gradients_end_the_judging(reply):
    with pytest.raises(Gone):
        Remote(Forger(vjp=reply), 1, CALLABLE).gradients(0, (torch.ones(1),))
    with pytest.raises(RuntimeError, match="no way back"):
        Remote(Forger(vjp={"error": "no way back"}), 1, CALLABLE).gradients(0, (torch.ones(1),))


@pytest.mark.parametrize(
    ("seen", "mistake"), [([1], ""), ([0, 0], "wrong-value"), ([0, 1, 1], ""), ([0, 1, 0], "only-known-inputs")]
)
def test_fresh_inputs_have_to_be_wrong_twice(seen, mistake, monkeypatch):
    """A fresh look; if it is wrong, the published inputs; if these are right, a second fresh look."""
    seeds, looks = [], iter(seen)

    def look(session, exercise, seed):
        seeds.append(seed)
        return engine.Verdict(exercise.id, "" if next(looks) else "wrong-value", "With x: expected 1, got 2.")

    monkeypatch.setattr(outside, "look", look)
    assert outside.judge_outside(None, "05-kl")[1] == mistake
    assert len(seeds) == len(seen) == len(set(seeds))
    assert [seed == PUBLISHED for seed in seeds] == [False, True, False][: len(seeds)]


# ---- the command ----


def test_the_judge_closes_its_memory():
    """In a process of its own, which may ask Linux whether it is open."""
    if sys.platform != "linux":
        pytest.skip("PR_SET_DUMPABLE is Linux's")
    script = (
        "import ctypes\nfrom vae_utils.__main__ import main\n"
        "for open in (1, 0):\n    assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == open\n    main(['regrade', 'none'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done


def test_where_the_judge_fails_nothing_passes(session, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(outside, "look", fail)
    _, mistake, hint = outside.judge_outside(session, "05-kl")
    assert mistake == "judge-failed" and "ZeroDivisionError" in hint


def test_the_command(folder, capsys, monkeypatch):
    monkeypatch.setattr(outside, "keep_memory_private", lambda: None)  # tests go on in this process
    right = save(solved("03-posterior"), folder / "03-right.ipynb")
    wrong = save(answer(fresh("05-kl"), kl=written("05-kl", "wrong", "no half")), folder / "05-wrong.ipynb")
    assert main(["regrade", str(right)]) == 0
    assert main(["regrade", str(right), str(wrong), str(folder / "none.ipynb")]) == 2
    out = capsys.readouterr().out
    assert "PASS  03-encoder  GaussianEncoder" in out and "NOT YET  05-kl  (missing-half)" in out
    assert "CANNOT CHECK" in out and "there is no such file" in out
