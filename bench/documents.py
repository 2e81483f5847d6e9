"""Import and render: a 30-page .docx taken in, both Editions of the sample brief rendered warm.

`python -m bench.documents`: medians, CPU of the process; the goals are 3 seconds and 60 milliseconds.
"""

import io
import statistics
import tempfile
import time
from pathlib import Path

import docx

REPOSITORY = Path(__file__).parents[1]
RUNS = 15
#: the import in seconds, the rendering in milliseconds
GOAL_IMPORT, GOAL_RENDER = 3.0, 60.0


def thirty_pages() -> bytes:
    """About 15,000 words in 300 paragraphs with headings, lists, a table and emphasis."""
    document = docx.Document()
    document.add_paragraph("A Long Report", style="Title")
    for page in range(30):
        document.add_paragraph(f"Part {page + 1}", style="Heading 1")
        for number in range(9):
            paragraph = document.add_paragraph(
                f"Paragraph {number} of part {page}. " + "Words that fill the page go on. " * 7
            )
            paragraph.add_run("Some are bold").bold = True
            paragraph.add_run(" and some are not, as in any report that was written by several hands over a summer.")
        document.add_paragraph("An item", style="List Bullet")
        table = document.add_table(rows=3, cols=4)
        for cell in table._cells:
            cell.text = "4,000"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def imported() -> float:
    """Seconds to take the document in."""
    from dispatch.authoring.import_document import import_document

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "long.docx"
        source.write_bytes(thirty_pages())
        began = time.perf_counter()
        import_document(source, [], Path(folder) / "briefs")
        return time.perf_counter() - began


def rendered() -> float:
    """Milliseconds to make both Editions of the sample brief, everything loaded and its pictures prepared."""
    from dispatch.pipeline.prepare import prepare
    from dispatch.settings import load

    audiences = load(REPOSITORY, {}).all_audiences()
    brief = REPOSITORY / "briefs" / "2023-09-19-potential-arms-deals" / "brief.md"
    taken = []
    for _ in range(RUNS + 2):
        began = time.perf_counter()
        prepare(REPOSITORY, brief, audiences, public_url="https://briefs.example.org")
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[2:])


def main() -> None:
    """Measure and print."""
    print(
        f"import, 30 pages     {statistics.median(imported() for _ in range(3)):6.2f} s    (goal {GOAL_IMPORT:.0f} s)"
    )
    print(f"both Editions, warm  {rendered():6.0f} ms   (goal {GOAL_RENDER:.0f} ms; checks included)")


if __name__ == "__main__":
    main()
