from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

from ...escalation import RANK, Reason

SNAPSHOT_ONLY = ("today", "address_id", "partner_id", "earlier_date", "earlier_channel")
# Not even by hand: somebody else collects the claim, or it is no invoice but a payment to be linked to one.
NEVER_CLAIMED = (Reason.ASSIGNED, Reason.RETURNED_PAYMENT)
ROLE_RANKS = {"moving": 0, "listed": 1, "claimed": 2, "credit": 3}


class DunningNotice(models.Model):
    """Turn plans into draft notices: one per customer (or per invoice address), with lines and channels."""

    _inherit = "dunning.notice"

    @api.model
    def _prepare_notices(self, plans, today, run):
        """Create the notices of plans that move something.

        :param plans: {follow-up: (Case, Plan)} as returned by ``dunning.followup._plan``
        :return: (notices, {follow-up: Reason} of the customers that cannot be written to)
        """
        moving = {followup: pair for followup, pair in plans.items() if pair[1].moves}
        keys = [item.key for case, _plan in moving.values() for item in case.receivables]
        snapshots = self._get_line_snapshots(keys, [followup.partner_id.id for followup in moving], run.company_id)
        vals_list, refused = [], {}
        for followup, (case, plan) in moving.items():
            problem = self._add_plan_vals(vals_list, followup, case, plan, snapshots, today, run)
            if problem:
                refused[followup] = problem
        lines = [[command[2] for command in vals.pop("line_ids")] for vals in vals_list]
        notices = self.create(vals_list)
        self.env["dunning.notice.line"]._insert(notices, lines)
        # A call is made by a person anyway: it goes on the agenda, only what is written waits.
        notices.filtered(lambda one: one.level_id.manual_only and not one.is_call)._set_to_approve()
        return notices, refused

    @api.model
    def _add_plan_vals(self, vals_list, followup, case, plan, snapshots, today, run):
        """Append the values of the notices of one customer; return a Reason when he cannot be written to."""
        level = self.env["dunning.level"].browse(plan.step.key)
        by_address = followup.partner_id.with_company(run.company_id).dunning_by_address and not plan.is_call
        groups = {}
        for key, step in plan.moves:
            groups.setdefault(snapshots[key]["address_id"] if by_address else None, []).append((key, step))
        prepared = []
        for address_id, moves in groups.items():
            address = self.env["res.partner"].browse(address_id or ())
            vals = self._prepare_plan_vals(followup, level, address, today)
            vals |= {"run_id": run.id, "is_call": plan.is_call}
            problem = self._add_channels(vals, followup, level, plan.is_call, today)
            if problem:
                return problem
            customer = self.with_context(lang=vals["lang"])
            vals["line_ids"] = customer._prepare_line_commands(
                case, plan, dict(moves), snapshots, followup, address_id)
            lines = [command[2] for command in vals["line_ids"]]
            vals["amount_total"] = sum(
                line["amount_company"] for line in lines if line["role"] in ("moving", "listed", "credit"))
            prepared.append(vals)
        vals_list.extend(prepared)
        return None

    @api.model
    def _prepare_plan_vals(self, followup, level, address, today):
        """Return the values of one draft, without lines and channels."""
        company = followup.company_id
        contact = followup.partner_id.with_company(company)._get_dunning_recipient(level.contact_role, address)
        return {
            "followup_id": followup.id, "company_id": company.id, "partner_id": followup.partner_id.id,
            "contact_id": contact.id, "policy_id": level.policy_id.id, "level_id": level.id,
            "user_id": followup.user_id.id, "date": today,
            "lang": contact.lang or followup.partner_id.lang or company.partner_id.lang,
            "deadline_date": self._get_deadline_day(company, level, today),
        }

    @api.model
    def _get_deadline_day(self, company, level, today):
        """Return the day payment is asked for: the first working day when the days of the level are over."""
        eve = today + timedelta(days=level.deadline_days - 1)
        return company._get_dunning_calendar().add_working_days(eve, 1)

    @api.model
    def _add_channels(self, vals, followup, level, is_call, today):
        """Add the dispatches; return a Reason when no written channel of the step leads anywhere.

        A step by e-mail and letter goes by letter alone to a customer without e-mail address, and the letter leads.
        """
        contact = self.env["res.partner"].browse(vals["contact_id"])
        channels = self._get_reachable_channels(level, is_call, contact, followup)
        is_written = level.channel != "call" and not is_call
        if is_written and set(channels) <= {"call"}:
            if contact._is_dunning_stand_in():
                return Reason.STAND_IN_ADDRESS
            return Reason.MISSING_EMAIL if "email" in level._get_channels(is_call) else Reason.MISSING_ADDRESS
        leading = next(channel for channel in channels if not is_written or channel != "call")
        vals["dispatch_ids"] = [
            Command.create({
                "followup_id": followup.id, "channel": channel, "leading": channel == leading, "date_planned": today,
                "user_id": vals["user_id"], "recipient": self._get_recipient_text(channel, contact, followup),
            })
            for channel in channels
        ]
        return None

    @api.model
    def _get_reachable_channels(self, level, is_call, contact, followup):
        """Return the channels of a step that lead somewhere, the leading one first. Override to replace one."""
        return [channel for channel in level._get_channels(is_call) if self._is_reachable(channel, contact, followup)]

    @api.model
    def _is_reachable(self, channel, contact, followup):
        """Tell whether a channel leads somewhere. Override with a new channel."""
        if channel == "email":
            return bool(contact._get_dunning_email(followup.partner_id))
        if channel in ("letter", "registered"):
            return self._has_postal_address(contact)
        return True  # a call without a number is still a task: find the number

    @api.model
    def _has_postal_address(self, contact):
        return contact._has_dunning_address()

    @api.model
    def _get_recipient_text(self, channel, contact, followup):
        """Return where a channel leads to, as text. Override with a new channel."""
        if channel == "email":
            return contact._get_dunning_email(followup.partner_id)
        if channel == "call":
            return contact.phone or not contact._is_dunning_stand_in() and followup.partner_id.phone
        return ", ".join(part for part in (contact.street, contact.zip, contact.city) if part)

    @api.model
    def _prepare_line_commands(self, case, plan, moves, snapshots, followup, address_id=None):
        """Return the lines of a notice: what moves, what is listed, what an earlier letter claims, credits."""
        commands = []
        preventive = plan.step.stage == "preventive"
        for item in case.receivables:
            snapshot = snapshots[item.key]
            if address_id and snapshot["address_id"] != address_id:
                continue
            if item.key in moves:
                commands.append(self._prepare_line_command(snapshot, "moving", moves[item.key]))
            elif not preventive and snapshot["days_late"] > 0 and item.claimable(snapshot["today"]) > 0:
                higher = item.noticed and RANK[item.stage] >= plan.step.rank
                commands.append(self._prepare_line_command(snapshot, "claimed" if higher else "listed"))
        if not preventive:
            commands += [
                self._prepare_line_command(snapshot, "credit") for snapshot in snapshots.get(
                    ("credits", followup.partner_id.id), ())
                if not address_id or snapshot["address_id"] == address_id
            ]
        return commands

    @api.model
    def _prepare_line_command(self, snapshot, role, level_id=False):
        vals = {name: value for name, value in snapshot.items() if name not in SNAPSHOT_ONLY}
        if role == "claimed":
            vals["earlier"] = self._get_act_text(snapshot["earlier_channel"], snapshot["earlier_date"])
        return Command.create({**vals, "role": role, "role_rank": ROLE_RANKS[role], "level_id": level_id})

    @api.model
    def _get_line_snapshots(self, line_ids, partner_ids, company):
        """Return {line id: values of a notice line}, and the credits under ("credits", customer id). One statement."""
        today = company._get_dunning_today()
        lines = self.env["account.move.line"]
        rows = self.env.execute_query_dict(SQL(
            """SELECT aml.id AS line_id, move.id AS move_id, partner.id AS partner_id, move.partner_id AS address_id,
                      COALESCE(NULLIF(move.name, '/'), aml.name) AS name, move.ref, %(due)s AS due_date,
                      COALESCE(move.invoice_date, move.date) AS invoice_date,
                      GREATEST(0, %(today)s - %(due)s) AS days_late, aml.currency_id,
                      aml.amount_currency AS amount_total, aml.amount_residual_currency AS amount_residual,
                      aml.amount_residual AS amount_company, aml.dunning_date AS earlier_date,
                      level.channel AS earlier_channel, %(today)s AS today, %(company)s AS company_id
               %(items)s
             ORDER BY due_date, aml.id""",
            due=lines._get_dunning_due_sql(), today=today, company=company.id,
            items=lines._get_dunning_from_sql(company, partner_ids),
        ))
        wanted = set(line_ids)
        snapshots = {row["line_id"]: row for row in rows if row["line_id"] in wanted}
        for row in rows:
            if row["amount_company"] < 0:
                snapshots.setdefault(("credits", row["partner_id"]), []).append(row)
        return snapshots

    # --- from elsewhere -------------------------------------------------------------------------------------------

    @api.model
    def _record_elsewhere(self, chased):
        """Keep what was sent by another program as sent notices without text, and set the levels they raised.

        A later bounce or reset can so be undone like any other; letters recall only what this program sent.

        :param chased: {receivable line id: (dunning.level, day)}
        """
        lines = self.env["account.move.line"].browse(chased)
        vals_list = []
        for company, ours in lines.grouped(lambda line: line.company_id.root_id).items():
            # sudo: follow-ups are made by SQL, for managers who import.
            self.env["dunning.followup"].sudo()._sync(
                company, company._get_dunning_today(), ours.partner_id.commercial_partner_id.ids)
            snapshots = self._get_line_snapshots(ours.ids, ours.partner_id.commercial_partner_id.ids, company)
            groups = ours.filtered(lambda line: line.id in snapshots).grouped(  # noqa: B023 -- used at once
                lambda line: (line.partner_id.commercial_partner_id, *chased[line.id]))
            vals_list += [
                self._prepare_elsewhere_vals(company, customer, level, day, same, snapshots)
                for (customer, level, day), same in groups.items()
            ]
        self.check_access("create")
        # sudo: what was sent elsewhere is sent from the start.
        notices = self.sudo().create(vals_list)
        self.env["account.move.line"].sudo()._set_dunning_levels([
            (line.line_id.id, line.level_id.id, line.notice_id.date_sent, line.notice_id.id)
            for line in notices.line_ids
        ])
        return notices

    @api.model
    def _prepare_elsewhere_vals(self, company, customer, level, day, lines, snapshots):
        followup = self.env["dunning.followup"].search([
            ("company_id", "=", company.id), ("partner_id", "=", customer.id)])
        commands = [self._prepare_line_command(snapshots[line.id], "moving", level.id) for line in lines]
        return {
            "followup_id": followup.id, "company_id": company.id, "partner_id": customer.id, "level_id": level.id,
            "policy_id": level.policy_id.id, "state": "sent", "date": day, "date_sent": day, "is_elsewhere": True,
            "addressee": customer.display_name, "line_ids": commands,
            "amount_total": sum(command[2]["amount_company"] for command in commands),
        }

    # --- by hand --------------------------------------------------------------------------------------------------

    @api.model
    def _prepare_manual(self, lines):
        """Return draft reminders for chosen open lines, one per customer, at the step each line has reached next.

        The others are not silenced: a reminder by hand starts no quiet days. Never a formal notice.
        """
        lines = lines.filtered(lambda line: line.account_type == "asset_receivable" and line.amount_residual > 0
                               and line.parent_state == "posted" and line.partner_id)
        if not lines:
            raise UserError(self.env._("There is nothing open to remind of. Choose posted invoices that are not paid."))
        notices = self.browse()
        for company, ours in lines.grouped(lambda line: line.company_id.root_id).items():
            today = company._get_dunning_today()
            customers = ours.partner_id.commercial_partner_id
            followups = self.env["dunning.followup"]
            # sudo: totals are written by SQL for users who may only read them.
            followups.sudo()._sync(company, today, customers.ids)
            followups = followups.search([("company_id", "=", company.id), ("partner_id", "in", customers.ids)])
            notices |= self._create_manual(company, followups, ours, today)
        return notices

    @api.model
    def _create_manual(self, company, followups, lines, today):
        rules = company._get_dunning_rules(today)
        cases = followups._get_cases(today, rules)
        snapshots = self._get_line_snapshots(lines.ids, followups.partner_id.ids, company)
        vals_list, refused = [], []
        for followup in followups:
            items = [item for item in cases[followup.id].receivables if item.key in snapshots]
            ours = [item for item in items if item.excluded not in NEVER_CLAIMED]
            if ours:
                vals_list.append(self._prepare_manual_vals(followup, ours, snapshots, today))
            elif items:
                refused.append(self.env._("%(customer)s: %(reason)s", customer=followup.partner_id.display_name,
                                          reason=followup._get_reason_label(items[0].excluded.value)))
        if refused and not vals_list:
            raise UserError("\n".join(refused))
        notices = self.create(vals_list)
        notices._set_claims(today)
        notices._render_words()
        notices._replace_older_drafts()
        return notices

    def _replace_older_drafts(self):
        """A reminder prepared twice for the same claims is one reminder; a text written by hand is never lost."""
        older = self.search([
            ("followup_id", "in", self.followup_id.ids), ("id", "not in", self.ids), ("state", "=", "draft"),
            ("is_manual", "=", True), ("is_call", "=", False), ("is_edited", "=", False), ("run_id", "=", False),
        ])
        claims = {frozenset(notice.line_ids.line_id.ids) for notice in self}
        older.filtered(lambda notice: frozenset(notice.line_ids.line_id.ids) in claims).unlink()

    @api.model
    def _prepare_manual_vals(self, followup, items, snapshots, today):
        steps = {item.key: self._get_manual_step(item) for item in items}
        chosen = max((step for step in steps.values() if step), key=lambda step: step.rank, default=None)
        if not chosen:
            raise UserError(self.env._(
                "No reminder can be prepared for %(customer)s: the policy %(policy)s has no step for it. "
                "Choose another policy for this customer, or call.",
                customer=followup.partner_id.display_name, policy=followup.policy_id.name or self.env._("(none)"),
            ))
        level = self.env["dunning.level"].browse(chosen.key)
        vals = self._prepare_plan_vals(followup, level, self.env["res.partner"], today)
        vals |= {"is_manual": True, "user_id": self.env.user.id}
        problem = self._add_channels(vals, followup, level, False, today)
        if problem:
            raise UserError(self.env._(
                "%(customer)s cannot be written to: %(problem)s.", customer=followup.partner_id.display_name,
                problem=followup._get_reason_label(problem.value),
            ))
        vals["line_ids"] = [
            self._prepare_line_command(snapshots[item.key], "moving", (steps[item.key] or chosen).key)
            for item in items
        ]
        vals["amount_total"] = sum(snapshots[item.key]["amount_company"] for item in items)
        return vals

    @api.model
    def _get_manual_step(self, item):
        """Return the next written reminder of a line whatever its day, else the one it has reached; never formal."""
        written = [step for step in item.policy.steps if step.is_written and step.stage.startswith("reminder")]
        above = [step for step in item.policy.after(item.step, item.stage) if step in written]
        if above:
            return above[0]
        reached = [step for step in written if step.rank <= RANK[item.stage]] or written
        return reached[-1] if reached else None

