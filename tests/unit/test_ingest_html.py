import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.html import HtmlText, html_to_text, safe_html
from ingest.message import MAIL_LIMITS


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Bună   ziua,</p><p>a<br>b<br><br>c</p>", "Bună ziua,\n\na\nb\n\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<ul><li>unu<li><p>doi</p></ul>", "- unu\n- doi"),
        ("<table><tr><td>Nr.<td>Dată</tr><tr><td>1<td>2</tr></table>", "Nr.\tDată\n1\t2"),
        ("a<blockquote>b<blockquote>c</blockquote></blockquote>d", "a\n> b\n> > c\nd"),
        ("<pre>a\n b</pre>", "a\nb"),
        ("<head><title>t</title><style>s</style></head><script>x</script>da", "da"),
        ("a</html>subsol", "asubsol"),
        ("", ""),
        ("doar text &amp; atât", "doar text & atât"),
    ],
)
def test_html_reads_line_by_line_as_it_is_shown(markup: str, text: str) -> None:
    assert html_to_text(markup).text == text


@pytest.mark.parametrize(
    "style",
    [
        *(
            "display:none",
            "DISPLAY : NONE;",
            "font-size:0",
            "font-size:0px;color:red",
            "font-size:0.0em",
            "mso-hide:all",
        ),
        *("visibility:hidden", "opacity:0", "max-height:0px;overflow:hidden", "text-indent:-9999px"),
        "position:absolute;left:-5000px",
    ],
)
def test_text_the_sender_hid_is_left_out_and_reported(style: str) -> None:
    read = html_to_text(f"<p>vizibil</p><div style='{style}'>ascuns</div>")
    assert (read.text, read.hidden) == ("vizibil", True)


def test_a_small_font_and_an_empty_hidden_box_hide_nothing() -> None:
    read = html_to_text("<p style='font-size:0.8em'>mic</p><div hidden> </div>")
    assert (read.text, read.hidden) == ("mic", False)


@pytest.mark.parametrize(
    "style",
    ["opacity:0.5", "max-height:0.5em", "margin-left:-100px", "text-indent:-12px", "fill-opacity:0", "opacity:.9"],
)
def test_a_style_that_only_looks_like_hiding_hides_nothing(style: str) -> None:
    assert html_to_text(f"<p style='{style}'>vizibil</p>") == HtmlText("vizibil", hidden=False, cut=False)


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' java\nscript:alert(1)'>x</a>",
        "<iframe src=https://evil.example></iframe>",
        "<form action=https://evil.example><input name=parola></form>",
        "<style>@import 'https://evil.example'</style>",
        "<p style='background:url(https://evil.example/x)'>x</p>",
        "<img src='https://evil.example/pixel.png'>",
        "<img src='//evil.example/pixel.png'>",
        "<img srcset='https://evil.example/p 2x' src='data:image/png;base64,AAAA'>",
        "<q cite='https://evil.example'>x</q>",
        "<svg><use href='https://evil.example'/></svg>",
        "<link rel=stylesheet href=https://evil.example><base href=https://evil.example>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<video poster=https://evil.example></video>",
        "<table background=https://evil.example><tr><td>x</table>",
        "<a href='//evil.example'>x</a><a href='/relativ'>y</a><a href='ftp://evil.example'>z</a>",
    ],
)
def test_nothing_active_and_nothing_remote_is_left(markup: str) -> None:
    shown = safe_html(markup, {})
    assert "evil.example" not in shown
    assert not any(word in shown for word in ("script", "alert", "<form", "<style", "style=", "src=", "href="))


def test_links_stay_and_inline_images_name_their_part() -> None:
    shown = safe_html(
        '<a href="https://x.example/a">x</a><img src="cid:harta%40x"><img src="cid:alta">', {"harta@x": "3"}
    )
    assert 'href="https://x.example/a" rel="noopener noreferrer nofollow"' in shown
    assert shown.count("src=") == 1
    assert 'src="cid:3"' in shown


@pytest.mark.parametrize(
    "markup",
    [
        "<p " + " ".join(f"a{number}=1" for number in range(50_000)) + ">x</p>",
        "<div>" * 100_000 + "x" + "</div>" * 100_000,
        "<blockquote>x" * 20_000,
        "<table><tr><td>" * 20_000,
        "<b>x<p>" * 10_000,
        "<" * 1_000_000,
        "x" * 3_000_000,
        "<u></p>" * 300_000,
        "</b><i>" * 300_000,
        "<em><a>" * 300_000,
        "".join(f"<b id={number}>" for number in range(5_000)) + "<div>x</div>" * 100_000,
        "<div>" + "".join(f"<b id={number}>" for number in range(5_000)) + "</div>" + "<div>x</div>" * 20_000,
        "&" * 2_000_000,
        "&a" * 1_000_000,
        "&zz;" * 500_000,
        "&#" * 1_000_000,
    ],
    ids=[
        "attributes",
        "divs",
        "quotes",
        "tables",
        "bold",
        "angles",
        "long",
        "unclosed",
        "crossed",
        "links",
        "distinct",
        "reopened",
        "ampersands",
        "names",
        "entities",
        "codes",
    ],
)
def test_monsters_are_read_and_shown_within_the_time_of_a_child(markup: str) -> None:
    started = time.process_time()
    read = html_to_text(markup)
    safe_html(markup, {})
    assert time.process_time() - started < MAIL_LIMITS.cpu_seconds
    assert len(read.text) <= 3 * 1024 * 1024


@given(st.text(alphabet="<>/abp \"'=!-&;#x", max_size=200))
def test_no_markup_raises(markup: str) -> None:
    html_to_text(markup)
    safe_html(markup, {})


def test_a_page_full_of_ampersands_shows_them_as_it_would() -> None:
    few = "Ion &amp; Ana &nbsp;&#259;&zz;& <b>c</b>"
    assert safe_html(few * 5_000, {}) == safe_html(few, {}) * 5_000
    assert html_to_text(few * 5_000).text.count("Ion & Ana ă&zz;& c") == 5_000


def test_inline_tags_of_a_long_letter_stay_when_they_are_closed() -> None:
    letter = "<p>Vă <b>rog</b> <span><i>frumos</i></span>.</p>" * 2_000
    assert safe_html(letter, {}) == letter
