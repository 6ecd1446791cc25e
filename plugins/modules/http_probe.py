#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: http_probe
short_description: Count who answers HTTP requests, and how many are lost
version_added: 0.1.0
description:
  - Sends HTTP requests from where it runs, each over a connection of its own, and tells how many were answered, by whom, how long they
    took, and when and why requests were lost.
  - It runs once, or until what is expected has come (O(expect)), or in the background from one task (O(state=started)) to another
    (O(state=stopped)), so that what happens between them is measured.
  - A lost request does not fail the task; assert on what is returned. Only an O(expect) that was not met fails.
  - Requests are sent in check mode too, they change nothing.
author:
  - The virtnet.ovn maintainers (@virtnet)
extends_documentation_fragment:
  - virtnet.ovn.attributes
options:
  url:
    description:
      - What to ask for, C(http://) or C(https://). An IPv6 address is written in brackets.
      - Required unless O(state=stopped).
    type: str
  count:
    description: How many requests to send. If neither this nor O(expect) is given, 10.
    type: int
  interval:
    description:
      - Seconds from the start of one request to the start of the next. A request that takes longer delays the next one unless
        O(concurrency) lets others go on.
    type: float
    default: 0
  concurrency:
    description: How many requests may be under way at once.
    type: int
    default: 1
  timeout:
    description: Seconds that one request may take, the connection and the answer together.
    type: float
    default: 2
  validate_certs:
    description: Whether the certificate of an C(https) server must be valid.
    type: bool
    default: true
  expect:
    description:
      - Send requests until the latest ones are as described here, for at most O(deadline) seconds.
      - Only for O(state=once), and instead of O(count).
    type: dict
    suboptions:
      consecutive:
        description: How many requests in a row must be so.
        type: int
        default: 10
      answers:
        description:
          - The answers that they may get, the bodies without white space around them. If not given, any.
        type: list
        elements: str
      all:
        description: Whether each of O(expect.answers) must be among them.
        type: bool
        default: false
      lost:
        description: Whether they must be lost, instead of answered.
        type: bool
        default: false
  deadline:
    description: Seconds within which O(expect) must be met; otherwise the task fails, and says what the latest requests got.
    type: float
    default: 30
  state:
    description:
      - V(once) sends the requests and returns the statistics.
      - V(started) starts a process that sends requests until it is told to stop, or O(max_duration) is over. If it runs already
        with the same options, nothing changes.
      - V(stopped) ends it and returns the statistics. If it does not run, those of its last run are returned.
    type: str
    choices: [once, started, stopped]
    default: once
  id:
    description:
      - The name of a background probe, one in each network namespace. Required unless O(state=once).
    type: str
  max_duration:
    description: Seconds after which a background probe ends by itself.
    type: float
    default: 3600
  directory:
    description:
      - Where background probes keep their results.
      - If not given, C(/run/virtnet/http_probe) for root, for others a folder in E(XDG_RUNTIME_DIR) or C(~/.cache).
    type: path
seealso:
  - module: virtnet.ovn.netns_vm
  - module: ansible.builtin.uri
"""

EXAMPLES = r"""
- name: Ask a load balancer a number of times
  virtnet.ovn.http_probe:
    url: http://172.18.1.254:8000/
    count: 40
  register: probe

- name: Both backends answered
  ansible.builtin.assert:
    that:
      - probe.lost == 0
      - probe.by_answer.keys() | sort == ["i am vm1", "i am vm2"]

- name: Wait until all requests go to vm2
  virtnet.ovn.http_probe:
    url: http://172.18.1.254:8000/
    interval: 0.05
    expect:
      answers: [i am vm2]
      consecutive: 40
    deadline: 15

- name: Wait until nobody answers any more
  virtnet.ovn.http_probe:
    url: http://172.18.1.254:8000/
    timeout: 0.5
    expect:
      lost: true
      consecutive: 3

- name: Send twenty requests a second while things change
  virtnet.ovn.http_probe:
    state: started
    id: failover
    url: http://[fd00:18::254]:80/
    interval: 0.05
    timeout: 1
    concurrency: 20

- name: Tell what was lost meanwhile
  virtnet.ovn.http_probe:
    state: stopped
    id: failover
  register: probe
"""

RETURN = r"""
requests:
  description: How many requests were sent.
  returned: unless O(state=started)
  type: int
  sample: 40
answered:
  description: How many got an HTTP answer, of whatever status.
  returned: unless O(state=started)
  type: int
  sample: 38
lost:
  description: How many got none.
  returned: unless O(state=started)
  type: int
  sample: 2
by_answer:
  description: How often each answer came (its body without white space around it, at most 1024 characters).
  returned: unless O(state=started)
  type: dict
  sample: {i am vm1: 17, i am vm2: 21}
by_status:
  description: How often each HTTP status came.
  returned: unless O(state=started)
  type: dict
  sample: {"200": 38}
errors:
  description:
    - Why requests were lost. Among others V(connect timeout), V(timeout), V(refused), V(reset), V(closed without an answer),
      V(no route to host).
  returned: unless O(state=started)
  type: dict
  sample: {connect timeout: 2}
latency_ms:
  description: Milliseconds that the answered requests took; null if none was answered.
  returned: unless O(state=started)
  type: dict
  contains:
    min:
      description: The fastest.
      type: float
      sample: 0.411
    median:
      description: Half took at most this.
      type: float
      sample: 0.633
    p95:
      description: Nineteen of twenty took at most this.
      type: float
      sample: 1.275
    max:
      description: The slowest.
      type: float
      sample: 2.71
longest_gap:
  description: The longest time without an answer, in seconds; in good times about the interval.
  returned: unless O(state=started)
  type: float
  sample: 2.052
losses:
  description: The first 100 runs of requests that were lost one after the other.
  returned: unless O(state=started)
  type: list
  elements: dict
  contains:
    first:
      description: When the first of them was sent.
      type: str
      sample: "2026-01-31T12:00:01.050Z"
    last:
      description: When the last of them was sent.
      type: str
      sample: "2026-01-31T12:00:02.100Z"
    requests:
      description: How many they are.
      type: int
      sample: 2
    errors:
      description: Why they were lost.
      type: dict
      sample: {connect timeout: 2}
first:
  description: When the first request was sent, null if none was.
  returned: unless O(state=started)
  type: str
  sample: "2026-01-31T12:00:00.000Z"
last:
  description: When the last request was sent.
  returned: unless O(state=started)
  type: str
  sample: "2026-01-31T12:00:04.000Z"
results_file:
  description: The file in which a background probe keeps its results, a line of JSON for each request.
  returned: unless O(state=once)
  type: str
  sample: /run/virtnet/http_probe/failover-4026532711.jsonl
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._probe.module import main

if __name__ == "__main__":
    main()
