"""The documentation site: `pip install ".[docs]" && python -m sphinx -W docs site`, then open site/index.html.

What is written by the library itself (the pages of names, the live pages, the notebooks) is made at the beginning of a
build, below docs/generated; `_site` has the code.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_site"))
(HERE / "generated" / "live").mkdir(parents=True, exist_ok=True)

from autograd_lite import __version__  # noqa: E402

project, author, release = "autograd_lite", "the authors of autograd_lite", __version__
copyright = f"2026, {author}"
extensions = ["myst_nb", "sphinx_copybutton", "sphinx_design", "generated_pages", "mathematics", "relative_links"]
exclude_patterns = ["_site", "generated/live", "generated/cache"]
html_theme = "furo"
html_title = "autograd_lite"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_extra_path = ["generated/live"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1f5fa8", "color-brand-content": "#1f5fa8"},
    "dark_css_variables": {"color-brand-primary": "#7db4f0", "color-brand-content": "#7db4f0"},
}
pygments_style, pygments_dark_style = "friendly", "native"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "generated" / "cache")
nb_execution_excludepatterns = ["generated/notebooks/*"]  # they keep their outputs, and tests run them
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_render_markdown_format = "myst"  # with formulas and tables
nb_render_image_options = {"class": "picture"}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header"]  # widgets have stills; included pages begin at level 2
