#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Make the pages of the site: the documents, and the sources they link to.

    site.py FOLDER RUSTDOC DOT  write the pages
    site.py --check FOLDER      look for dead links in them, and for what may be
                                wider than a page

Each document of the project becomes a page of the same path, with .html in
place of .md, and README.md becomes index.html.  The start page also lists the
manual pages in FOLDER/man, and the crates in FOLDER/rust.  A manual page links
to FreeBSD's where the project has none.  A source that a
document links to is copied, as NAME.txt.  A line of a document that is only a
link to NAME.dot is a picture, which dot(1) draws as NAME.svg.

rustdoc(1) renders Markdown.  It would take code without a language for Rust, so
such code is said to be text.
"""

import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

LINK = re.compile(r"(?<=\]\()([^()\s]+)(?=\))")
PICTURE = re.compile(r"\[([^\]]+)\]\(([\w-]+)\.dot\)")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
# What has a box of its own, and the rules for that.
BOXES = ("pre", "table")
BOX = {"display": "block", "max-width": "100%", "overflow-x": "auto"}
VIEWPORT = "width=device-width"
STYLE = pathlib.Path(__file__).with_name("site.css")


def documents():
    """The paths of all documents, from the project's folder."""
    return [path for path in sorted(pathlib.Path(".").rglob("*.md"))
            if path.parts[0] != "out" and not path.parts[0].startswith(".")]


def page_of(path):
    """Where the page of a document, or the copy of a source, is in the site."""
    if path == pathlib.Path("README.md"):
        return pathlib.Path("index.html")
    if path.suffix == ".md":
        return path.with_suffix(".html")
    if path.suffix in (".4", ".9"):
        return pathlib.Path("man") / (path.name + ".html")
    return path.with_name(path.name + ".txt")


def relative(target, page):
    """A link from one place in the site to another."""
    return os.path.relpath(target, page.parent)


def relinked(line, path, copy):
    """A line of a document whose links lead to places in the site."""
    def link(found):
        target, _, anchor = found[1].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return found[1]
        source = pathlib.Path(os.path.normpath(path.parent / target))
        if source.is_dir():
            source /= "README.md"
        if source.suffix not in (".md", ".4", ".9"):
            copy(source)
        return (relative(page_of(source), page_of(path))
                + ("#" + anchor if anchor else ""))
    return LINK.sub(link, line)


def marked(lines):
    """The lines of a document, with every code block fenced and of some
    language."""
    fenced = indented = False
    for before, line in zip([""] + lines, lines + [""]):
        if indented and line.strip() and not line.startswith("    "):
            yield "```"
            indented = False
        if not fenced and not indented and before == "" and (
                line.startswith("    ")):
            yield "```text"
            indented = True
        if line.startswith("```") and not indented:
            fenced = not fenced
            if fenced and line == "```":
                line = "```text"
        yield line[4:] if indented else line
    if indented:
        yield "```"


def link_manuals(site):
    """Let the manual pages link to FreeBSD's where the project has none."""
    pages = list((site / "man").glob("*.html"))
    names = {page.name for page in pages}

    def link(found):
        if found[1] in names:
            return found[0]
        name, section, _ = found[1].rsplit(".", 2)
        return f'href="https://man.freebsd.org/{name}/{section}"'
    for page in pages:
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r'href="([^"/#]+\.\d\.html)"', link, text),
                        encoding="utf-8")


def lists(site):
    """What the start page has besides: the manual pages and the crates."""
    pages = sorted((site / "man").glob("*.html"),
                   key=lambda p: p.name.split(".")[::-1])
    yield "\n## Manual pages\n"
    for page in pages:
        name, section, _ = page.name.rsplit(".", 2)
        yield f"- [{name}({section})](man/{page.name})"
    crates = sorted((site / "rust/doc").glob("*/index.html"))
    if crates:
        yield "\n## Rust\n"
    for crate in crates:
        yield f"- [{crate.parent.name}](rust/doc/{crate.parent.name}/index.html)"


def drawn(lines, path, site, dot):
    """The lines of a document, with the pictures for which links stand."""
    for line in lines:
        found = PICTURE.fullmatch(line)
        if not found:
            yield line
            continue
        source = path.parent / f"{found[2]}.dot"
        image = site / source.with_suffix(".svg")
        image.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([dot, "-Tsvg", "-o", image, source], check=True)
        yield f"[![{found[1]}]({image.name})]({image.name})"


def render(site, rustdoc, dot, path):
    """Write the page of one document, its pictures, and the sources that it
    links to."""
    page = page_of(path)
    target = site / page

    def copy(source):
        to = site / page_of(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to)

    text = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    lines = [line if line.startswith("[![") else relinked(line, path, copy)
             for line in drawn(marked(text), path, site, dot)]
    if path == pathlib.Path("README.md"):
        lines += lists(site)
    target.parent.mkdir(parents=True, exist_ok=True)
    source = target.with_suffix(".md")
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    top = target.with_suffix(".top")
    top.write_text(f'<nav><a href="{relative("index.html", page)}">'
                   "kpi-drivers</a></nav>\n", encoding="utf-8")
    subprocess.run([rustdoc, "--edition", "2024", "--markdown-no-toc",
                    "--markdown-css", relative("site.css", page),
                    "--html-before-content", top, "-o", target.parent,
                    source], check=True)
    source.unlink()
    top.unlink()


class Page(html.parser.HTMLParser):
    """The links, the anchors and the boxes of a page, and whether it is as wide
    as the window."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = [], {""}
        self.boxes, self.fits = set(), False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        if tag in BOXES:
            self.boxes.add((tag, dict(attrs).get("class") or ""))
        if tag == "meta" and VIEWPORT in (dict(attrs).get("content") or ""):
            self.fits = True
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def of_rustdoc(path, site):
    """True for a page that rustdoc(1) made."""
    return path.relative_to(site).parts[0] == "rust"


def dead_links(site):
    """Yields a line for each link that leads nowhere.  rustdoc looks after the
    links of its own pages, some of which are to pages of core's."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for link in page.links if not of_rustdoc(path, site) else ():
            url = urllib.parse.urlsplit(link)
            if url.scheme or link.startswith("//"):
                continue
            target = path
            if url.path:
                target = pathlib.Path(os.path.normpath(
                    path.parent / urllib.parse.unquote(url.path)))
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                yield f"{path.relative_to(site)}: {link}: no such file"
            elif target in pages and (urllib.parse.unquote(url.fragment)
                                      not in pages[target].anchors):
                yield f"{path.relative_to(site)}: {link}: no such place"


def style_of(rules, tag, classes):
    """What the rules say of an element.  Rules for a class come last."""
    style = {}
    for kind in (tag, *(f"{at}.{name}" for name in classes.split()
                        for at in ("", tag))):
        for selectors, text in rules:
            if kind in [one.strip() for one in selectors.split(",")]:
                style |= {key.strip(): value.strip() for key, _, value in (
                    line.partition(":") for line in text.split(";")) if value}
    return style


def too_wide(site):
    """Yields a line for each kind of code or table that may be wider than a
    page, because no rule of site.css makes it scroll in a box of its own.  What
    rustdoc makes has a style of its own."""
    text = (site / "site.css").read_text(encoding="utf-8")
    rules = RULE.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.S))
    for path in sorted(site.rglob("*.html")):
        if of_rustdoc(path, site):
            continue
        page = Page(path)
        name = path.relative_to(site)
        if not page.fits or not any(
                pathlib.PurePath(link).name == "site.css"
                for link in page.links):
            yield f"{name}: without site.css, or the window's width"
        for tag, classes in sorted(page.boxes):
            style = style_of(rules, tag, classes)
            if any(style.get(key) != value for key, value in BOX.items()):
                yield f"{name}: {tag} {classes}: may be wider than the page"


def main():
    """See above."""
    if sys.argv[1] == "--check":
        site = pathlib.Path(sys.argv[2])
        found = [*dead_links(site), *too_wide(site)]
        for line in found:
            print(line)
        return bool(found)
    site = pathlib.Path(sys.argv[1])
    shutil.copyfile(STYLE, site / "site.css")
    link_manuals(site)
    for path in documents():
        render(site, sys.argv[2], sys.argv[3], path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
