# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab hosts: systemd-nspawn containers, the image they boot, and the networks between them."""

from __future__ import annotations
