"""The pages about the exercises say what is so: verdicts, minutes, points, commands, and the ways between pages."""

import re
from html.parser import HTMLParser

import pytest

import course
from tests.built_book import built_book
from tests.notebook_tools import ROOT, exercise_sources, exercises, loads
from tests.test_exercise_notebooks import NAMES
from vae_utils import checks
from vae_utils.__main__ import COMMANDS
from vae_utils.checks.words import GENERAL

PAGE_NAMES = ["exercises", "syllabus", "instructors", "rubrics"]
PAGES = {name: (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8") for name in PAGE_NAMES}


def rows(page, width):
    """The cells of every table row of that width, headings left out."""
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    return [row for row in table if len(row) == width and not set(row[0]) <= set("-")]


def notebook(name, folder=exercises.STUDENT):
    return loads((ROOT / folder / f"{name}.ipynb").read_bytes())


def minutes(name):
    """Of a chapter, and of its exercises, as they say themselves."""
    found = []
    for folder, pattern in (("chapters", r"\*\*Time\*\*: (\d+) minutes"), (exercises.STUDENT, r"(\d+) minutes")):
        head = "\n".join(cell.source for cell in notebook(name, folder).cells[:3])
        found.append(int(re.search(pattern, head)[1]))
    return found


def tasks(name):
    """{number of a task: its kind}."""
    text = "\n".join(cell.source for cell in notebook(name).cells if cell.cell_type == "markdown")
    return {int(number): kind for number, kind in re.findall(r"^## (\d+)\. ([A-Z][\w ]+)", text, flags=re.M)}


# --- for students ---


def test_the_verdicts_of_the_page_are_those_of_the_check(capsys):
    page = PAGES["exercises"]
    code, wrong, right = re.findall(r"^```(?:python|text)\n(.*?)^```", page, flags=re.S | re.M)
    names = {}
    exec(code, names)
    with pytest.raises(checks.CheckFailed) as failed:
        checks.check("05-kl", names)
    assert str(failed.value) == wrong.strip()
    from vae_utils.gaussian import kl_to_standard_normal

    checks.check("05-kl", {"kl_to_standard_normal": kl_to_standard_normal})
    assert capsys.readouterr().out == right


def test_the_general_verdicts_exist():
    named = {row[0].strip("`") for row in rows(PAGES["exercises"], 3) if row[0].startswith("`")}
    assert len(named) >= 10
    assert named <= set(GENERAL)


def test_the_table_of_notebooks_knows_their_minutes():
    listed = {int(row[0]): int(row[2]) for row in rows(PAGES["exercises"], 4) if row[0].isdigit()}
    assert listed == {int(name[:2]): minutes(name)[1] for name in NAMES}


def test_every_kind_of_task_is_explained():
    explained = set(re.findall(r"\*\*([^*]+)\*\*", " ".join(row[0] for row in rows(PAGES["exercises"], 3))))
    explained = {kind.lower() for kind in explained}
    kinds = {kind.lower().split(",")[0] for name in NAMES for kind in tasks(name).values()}
    assert kinds <= explained


# --- for teachers ---


def test_the_syllabus_knows_the_minutes():
    listed = {int(row[0]): [int(row[2]), int(row[3])] for row in rows(PAGES["syllabus"], 5) if row[0].isdigit()}
    assert listed == {int(name[:2]): minutes(name) for name in NAMES}


def test_the_syllabus_names_sections_and_tasks_that_exist():
    headings = set()
    for name in NAMES:
        text = "\n".join(cell.source for cell in notebook(name, "chapters").cells if cell.cell_type == "markdown")
        headings |= set(re.findall(r"^#+ (.+)$", text, flags=re.M))
    page = PAGES["syllabus"]
    named = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", page)
    assert len(named) >= 10
    assert [section for section in named if not any(heading.startswith(section) for heading in headings)] == []
    numbered = {int(name[:2]): tasks(name) for name in NAMES}
    for chapter, list_of_tasks in re.findall(r"\b(\d+): (\d+(?:, \d+)*)(?= ?[|·(]| or |$)", page, flags=re.M):
        for number in map(int, list_of_tasks.split(", ")):
            assert number in numbered[int(chapter)], f"{chapter}: {number}"


def test_a_rubric_gives_as_many_points_as_the_notebook_promises():
    sections = re.split(r"^## (\d+)\. .*$", PAGES["rubrics"], flags=re.M)
    given = {
        int(number): text.count("- **1 point**") for number, text in zip(sections[1::2], sections[2::2], strict=True)
    }
    cells = {name: next(cell for cell in notebook(name).cells if cell["id"] == f"{name[:2]}-open") for name in NAMES}
    assert given == {int(name[:2]): exercise_sources.nbgrader(cell)["points"] for name, cell in cells.items()}


@pytest.mark.parametrize("name", PAGE_NAMES)
def test_commands_that_a_page_names_exist(name):
    text = PAGES[name]
    assert set(re.findall(r"(?<!-)vae-course (?!vae)([a-z]+)", text)) <= set(COMMANDS)
    assert set(re.findall(r"(?:`|^\$ )make ([a-z]+)", text, flags=re.M)) <= set(course.COMMANDS)


# --- the ways between the pages ---


class Tasks(HTMLParser):
    """{id of a section: the links in it} of one page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.open = {}, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "section":
            self.open.append(found["id"])
            self.links[found["id"]] = []
        if tag == "a" and self.open:
            self.links[self.open[-1]].append(found.get("href"))

    def handle_endtag(self, tag):
        if tag == "section":
            self.open.pop()


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return built_book(tmp_path_factory)[2]


def links(html, page):
    return Tasks((html / f"{page}.html").read_text(encoding="utf-8")).links


@pytest.mark.parametrize("name", NAMES)
def test_ways_lead_from_chapter_to_exercises_and_from_task_to_solution_and_back(html, name):
    assert any(f"exercises/{name}.html" in found for found in links(html, f"chapters/{name}").values())
    there, back = links(html, f"chapters/exercises/{name}"), links(html, f"book/solutions/{name}")
    open_tasks = list(there)[1:]  # after the page's own
    assert len(open_tasks) == len(tasks(name))
    for task in open_tasks:
        assert there[task][-1] == f"../../book/solutions/{name}.html#{task}"
        assert back[task][-1] == f"../../chapters/exercises/{name}.html#{task}"


@pytest.mark.parametrize("name", NAMES)
def test_solutions_are_folded_away(html, name):
    page = (html / f"book/solutions/{name}.html").read_text(encoding="utf-8")
    article = page[page.index("<article") : page.index("</article>")]
    assert article.count("Show the solution") == article.count("<details") == len(tasks(name))
    assert not re.search("<details[^>]* open", article)
