# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in: what every module of a database object calls."""

from __future__ import annotations

import functools
import gc
import time

from .._ovsdb.arguments import OVN_ARGUMENTS, OVS_ARGUMENTS, open_session
from .._ovsdb.errors import ConnectError, ConnectionLost, DeadlineError, OvnError, OvsdbError, TransactError
from .._ovsdb.module import conclude
from .plan import Options, make_plan
from .state import State, load
from .want import COMMON, Document, InvalidError

#: Errors of a transaction that another writer can cause: read and plan again.
_RACES = ("timed out", "duplicate uuid", "constraint violation", "referential integrity violation")

#: Operations of one transaction on a cluster, whose leader is voted out when it is busy for longer than the election timer
CHUNK = 2000


def argument_spec(entity):
    """The options of an entity's module: its fields, what every entry may say, and the connection's."""
    fields = entity.fields
    spec = dict(OVS_ARGUMENTS if entity.database == "Open_vSwitch" else OVN_ARGUMENTS)
    # A column that is called a key holds a number or a file's path: nothing secret is stored in these databases
    spec.update(
        (name, {**field.option_type, "no_log": False} if name.endswith("_key") else dict(field.option_type))
        for name, field in fields.items()
    )
    spec.update((parent.name, {"type": "str"}) for parent in entity.parents if parent.name)
    if entity.flag:
        spec[entity.flag] = {"type": "bool", "default": False}
    if not entity.singleton:
        spec["state"] = {"type": "str", "choices": ["present", "absent"], "default": "present"}
        spec["objects"] = {"type": "list", "elements": "dict"}
        spec["uuid"] = {"type": "str"}
        spec["force"] = {"type": "bool", "default": False}
        if any(parent.name for parent in entity.parents):
            spec["move"] = {"type": "bool", "default": False}
    if entity.keys_owned or (entity.database == "OVN_Northbound" and _is_free(entity)):
        spec["strict"] = {"type": "bool", "default": False}
    if "external_ids" in fields and not entity.singleton:
        spec["id"] = {"type": "str"}
        spec["owner"] = {"type": "str"}
        spec["adopt"] = {"type": "bool", "default": False}
    if entity.keys_owned:
        spec["owner"] = {"type": "str"}
    if any(field.purgeable for field in fields.values()):
        spec["purge"] = {"type": "list", "elements": "str"}
        spec["max_deletes"] = {"type": "int", "default": 10}
    spec["expect_plan"] = {"type": "str"}
    if entity.database == "OVN_Northbound":
        spec["wait"] = {"type": "str", "choices": ["none", "sb", "hv"], "default": "none"}
        spec["wait_timeout"] = {"type": "float", "default": 30}
        spec["wait_chassis"] = {"type": "list", "elements": "str"}
    elif entity.database == "Open_vSwitch":
        spec["wait"] = {"type": "bool", "default": True}
        spec["wait_timeout"] = {"type": "float", "default": 30}
    return spec


def _is_free(entity):
    """Whether a task can say what the server takes, whatever it is: names that are mere text, and keys of options."""
    from .._model.nb.option_keys import KEYS

    return any(
        getattr(field, "names", None)
        or "%s:%s" % (entity.table, field.column) in KEYS
        or (hasattr(field, "entity") and _is_free(field.entity))
        for field in entity.fields.values()
    )


def run(entity=None, database=None):
    """The whole of a module: options, plan, one transaction, result.

    :param database: instead of ``entity``, for an object that two databases have: {the option's value: entity}
    """
    from ansible.module_utils.basic import AnsibleModule

    spec = {}
    for each in (database or {"": entity}).values():
        spec.update(argument_spec(each))
    if database:
        for option in ("wait", "wait_timeout", "wait_chassis"):
            spec.pop(option, None)
        spec["database"] = {"type": "str", "choices": list(database), "required": True}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    conclude(
        module,
        lambda: apply(_chosen(module.params, database) if database else entity, module.params, module.check_mode),
    )


def _chosen(params, database):
    """The entity of the database that the task names; raises OvnError where it gives an option of the other's."""
    entity = database[params["database"]]
    for option in {name for each in database.values() for name in each.fields} - set(entity.fields):
        if params[option] is not None:
            raise OvnError(
                "%s: rows of %s in the %s database have no such column" % (option, entity.table, params["database"])
            )
    return entity


def entries(entity, params):
    """The task's entries with their paths: its own options, or ``objects`` with its own options as defaults."""
    own = [*entity.fields, *(p.name for p in entity.parents if p.name), *COMMON]
    if entity.flag:
        own.append(entity.flag)
    defaults = {name: params[name] for name in own if params.get(name) is not None}
    if params.get("objects") is None:
        return [(defaults, "")]
    return [
        ({**defaults, **{option: value for option, value in entry.items() if value is not None}}, "objects[%d]" % place)
        for place, entry in enumerate(params["objects"])
    ]


def uncollected(work):
    """Without garbage collection: a large plan is many objects that stay, and looking through them costs a fifth of the time."""

    @functools.wraps(work)
    def do(*args, **kwargs):
        if not gc.isenabled():
            return work(*args, **kwargs)
        gc.disable()
        try:
            return work(*args, **kwargs)
        finally:
            gc.enable()

    return do


@uncollected
def apply(entity, params, check_mode=False):
    """Makes the database so, and returns the module's result (a dict with ``warnings`` in it); raises OvnError."""
    wanted = [(entity, raw, path) for raw, path in entries(entity, params)]
    with open_session(params, entity.database) as session:
        return write(session, wanted, params, check_mode)


def write(session, wanted, params, check_mode=False, topology=None):
    """Plans and writes ``wanted``, [(entity, raw entry, path)]; ``topology`` is {option: entity} of a whole document.

    ``wanted`` may be a function that returns such a list each time, which is then taken to pieces.
    """
    written = []  # the plan of each chunk that is in the database, of a plan that takes several
    try:
        return _write(session, wanted, params, check_mode, topology, written)
    except OvnError as exc:
        if written:
            exc.facts.update(committed=True, chunks=len(written))
        raise


def _write(session, wanted, params, check_mode, topology, written):
    started, database = time.monotonic(), session.schema.name
    options = Options(params, check_mode)
    before = None  # the plan whose outcome a lost connection left unknown
    sending = None  # the plan that is being written
    marks = set()  # of all plans whose outcome was unknown
    refusal = None
    chunked = False  # then one plan may finish what another began, and the first tells what was to change
    while True:
        try:
            document, plan = _plan(session, wanted, options, params, topology)
            if before is not None and _is_anothers(before, document, marks):
                before = None
            if options.expect_plan and before is None and plan.operations and plan.hash != options.expect_plan:
                raise OvnError(
                    "expect_plan: the plan is now %s, not %s: nothing was written" % (plan.hash, options.expect_plan),
                    plan_hash=plan.hash,
                )
            if check_mode or not plan.operations:
                cfg = None
                break
            extra, cfg_at = bump(database, params)
            sending = plan
            if session.clustered and topology and len(plan.operations) > CHUNK:
                from .chunks import split

                transactions, uuids = split(plan, session.schema, CHUNK)
                chunked = True
                marks.add(plan.mark)
                for operations in transactions[:-1]:
                    session.transact(operations)
                    written.append(plan)
                    before = before or plan
                results = session.transact([*transactions[-1], *extra])
                written.append(plan)
            else:
                request = session.ask([*plan.guards, *plan.sign(), *extra])
                _result(document, plan)  # the server works meanwhile
                results = session.answer(request)
                uuids = {place: results[len(plan.guards) + place]["uuid"][1] for place in plan.inserted}
            for place, want in plan.inserted.items():
                if want is not None:
                    want.uuid = uuids[place]
            cfg = cfg_of(results[cfg_at], database) if extra else None
            before = before if chunked else None
            break
        except ConnectionLost as exc:
            if time.monotonic() - started > params["timeout"] * 3:
                raise OvsdbError("%s; given up after %.0f s" % (exc, time.monotonic() - started)) from None
            if exc.sent and sending:
                before = (before or sending) if chunked else sending
                marks.add(before.mark)
            sending = None
            try:
                session.connect(again=True)
            except OvsdbError as lost:
                if before is None:
                    raise
                raise ConnectError("%s; whether the change was made is unknown" % lost) from None
        except TransactError as exc:
            sending = None
            if exc.code == "timed out" and time.monotonic() - started > params["timeout"]:
                raise OvsdbError(
                    "others keep changing what this task is about; given up after %.0f s, %s"
                    % (time.monotonic() - started, "a part is written" if written else "nothing was written")
                ) from None
            again = exc.code in _RACES and time.monotonic() - started < params["timeout"]
            # The same plan refused in the same words: no race, but a rule of the server's
            if not again or (exc.code not in ("timed out", "duplicate uuid") and refusal == (plan.hash, str(exc))):
                raise
            refusal = (plan.hash, str(exc))
            options.thorough = True
            if exc.code == "duplicate uuid":
                options.salt += 1
        except DeadlineError as exc:
            if sending:
                raise DeadlineError("%s; whether the change was made is unknown" % exc) from None
            raise
    if before is not None and before is not plan:
        # The connection died after sending, and now nothing is left to do: that was this task's work
        if before.mark is None and not written:
            before.warnings.append(
                "the connection was lost before the server answered; what this task wanted is there now, but its work"
                " cannot be told from that of another writer who wanted the same at that moment"
            )
        for old, new in zip(before.wants, document.every()):
            old.uuid = new.uuid or old.uuid
        document, plan = before.document, before
    result = _result(document, plan)
    if written:
        result["chunks"] = len(written)
    if not check_mode:
        await_daemons(session, database, params, cfg, result)
    return result


def _plan(session, wanted, options, params, topology):
    document = Document(session.schema, params["state"] if topology else None, options.owner)
    document.entities = list((topology or {}).values())
    document.name(options.owner, "owner")
    document.consumes = callable(wanted)
    wanted = wanted() if callable(wanted) else list(wanted)
    state = State(session)
    if document.mode == "merged":
        state.foresee(wanted)
    for place, (entity, raw, path) in enumerate(wanted):
        wanted[place] = None
        want = document.add(entity, raw, path)
        if want is not None:
            document.wants.append(want)
    if document.problems:
        raise InvalidError([*document.problems, *(each for doubt in document.doubts for each in doubt[3])])
    document.identities.clear()
    load(state, document, lean=not options.adopt, hopeful=not (options.thorough or params.get("force")))
    with session.keepalive():
        plan = make_plan(document, state, options)
    plan.document = document
    return document, plan


def _is_anothers(before, document, marks):
    """Whether the plan whose outcome is unknown was not written: the row that it would have made is another's."""
    marked = before.mark and before.inserted.get(0)
    for old, new in zip(before.wants, document.every()) if marked else ():
        if old is marked:
            return new.uuid is not None and new.uuid not in marks
    return False


def _result(document, plan):
    """The module's result. Most of it can be said before the server gave new rows their UUIDs."""
    if plan.result is None:
        plan.result = _tell(document, plan)
    for want, found in zip(document.wants, plan.result["objects"]):
        found["uuid"] = want.uuid
    return plan.result


def _tell(document, plan):
    before, after, objects = {}, {}, []
    for want in document.wants:
        changed = False
        whose = want.describe()
        for each in _tree(want):
            if each.action == "unchanged" or (each.action == "default" and want.action != "created"):
                continue
            changed = True
            label = whose if each is want else "%s: %s" % (whose, each.describe())
            if each.action != "created":
                before[label] = each.before
            if each.action != "deleted":
                after[label] = each.after
        found = {
            "uuid": None,
            "state": want.state,
            "action": want.action if want.action != "unchanged" or not changed else "updated",
            "changed": changed,
            "before": want.before,
            "after": want.after,
        }
        if document.mode:
            found["table"] = want.table
        for name, part in zip(want.identity, want.key):
            found[name] = part
        objects.append(found)
    result = {
        "changed": plan.changed,
        "diff": {"before": before, "after": after},
        "objects": objects,
        "operations": plan.operations,
        "plan_hash": plan.hash,
        "warnings": plan.warnings,
    }
    if plan.unresolved:
        result["unresolved"] = plan.unresolved
    return result


def _tree(want):
    yield want
    for children in want.children.values():
        for child in children:
            yield from _tree(child) if child.children else (child,)


# -- waiting: ovn-nb(5), NB_Global: nb_cfg; ovs-vswitchd.conf.db(5), Open_vSwitch: next_cfg ----------------------------


def bump(database, params):
    """The operations that ask the daemons to tell when they have caught up, and where their answer stands."""
    wait = params.get("wait")
    if wait in (None, "none", False):
        return [], 0
    table, column = ("NB_Global", "nb_cfg") if database == "OVN_Northbound" else ("Open_vSwitch", "next_cfg")
    return [
        {"op": "mutate", "table": table, "where": [], "mutations": [[column, "+=", 1]]},
        {"op": "select", "table": table, "where": [], "columns": ["_uuid", column]},
    ], -1


def cfg_of(result, database):
    """What the last of these operations answered: the number that the daemons have to reach."""
    rows = result["rows"]
    return rows[0]["nb_cfg" if database == "OVN_Northbound" else "next_cfg"] if rows else None


def await_daemons(session, database, params, cfg, result):
    """Waits until they have; where nothing was asked of them, until they have done what was asked before."""
    wait = params.get("wait")
    if wait in (None, "none", False):
        return
    north = database == "OVN_Northbound"
    table, column = ("NB_Global", "nb_cfg") if north else ("Open_vSwitch", "next_cfg")
    if cfg is None:
        rows = session.transact([{"op": "select", "table": table, "where": [], "columns": ["_uuid", column]}])[0][
            "rows"
        ]
        if not rows:
            raise OvsdbError("wait: the table %s is empty: the database is not initialised" % table)
        cfg = rows[0][column]
    timeout = params["wait_timeout"]
    reached = {"sb": "sb_cfg", "hv": "hv_cfg"}[wait] if north else "cur_cfg"
    committed = bool(result["changed"])
    if wait == "hv" and params.get("wait_chassis"):
        from .laggards import await_chassis

        with open_session(params, "OVN_Southbound") as southbound:
            missing = await_chassis(southbound, params["wait_chassis"], cfg, time.monotonic() + timeout)
        if missing:
            raise DeadlineError("wait_chassis: after %g s %s" % (timeout, missing), committed=committed)
        return
    if session.wait_until(table, [[reached, ">=", cfg]], timeout):
        return
    if wait == "hv":
        from .laggards import describe_laggards

        missing = describe_laggards(params, cfg)
    else:
        missing = (
            "ovn-northd has not caught up (is it running?)"
            if north
            else "ovs-vswitchd has not caught up (is it running?)"
        )
    raise DeadlineError("wait: after %g s %s" % (timeout, missing), committed=committed)
