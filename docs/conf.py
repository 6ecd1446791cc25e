# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for `make docs`, which puts these pages and the reference of all plugins and roles together."""

from __future__ import annotations

project = "virtnet.ovn"
author = "The virtnet.ovn maintainers"
extensions = ["myst_parser", "sphinx_antsibull_ext"]

source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_heading_anchors = 3
html_theme = "alabaster"
html_theme_options = {"page_width": "75em", "sidebar_width": "16em", "fixed_sidebar": True}
html_title = "virtnet.ovn"
html_copy_source = False

# The site is built without a network, so that other projects' labels cannot be looked up; those of the collection itself are
# checked by `antsibull-docs lint-collection-docs`.
suppress_warnings = ["ref.ref"]
