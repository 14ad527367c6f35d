from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class DunningLitigation(models.Model):
    """What must be true before a case begins: a lawful route, announced by a formal notice whose deadline passed."""

    _inherit = "dunning.litigation"

    @api.model
    def _check_route(self, route, followup, lines, override_reason):
        """Return what is missing for this route and was overridden.

        :raises UserError: the route does not exist for such a claim, or something is missing and no manager decided
        """
        obstacle = self._get_route_obstacle(route, followup, lines)
        if obstacle:
            raise UserError(obstacle)
        problems = self._get_route_problems(route, followup, lines)
        if problems and not (override_reason or "").strip():
            raise UserError("\n".join([*problems, self.env._(
                "A dunning manager may go on nevertheless, with a reason.")]))
        if problems:
            self.env["res.company"]._check_dunning_group("account_dunning.group_dunning_manager")
        return problems

    @api.model
    def _get_route_obstacle(self, route, followup, lines):
        """Return why the law closes this route, or nothing; the amount counts in the currency of the route."""
        company = followup.company_id
        kind = followup.partner_id.with_company(company).dunning_debtor_kind
        return route._get_obstacle(kind, self._get_amount_for(route, company, lines))

    @api.model
    def _get_amount_for(self, route, company, lines):
        """Return what is open on these receivables in the currency in which the route names its limits.

        Interest counts where the law says so (small claims, CPCE R125-1).
        """
        today, limits = company._get_dunning_today(), route.currency_id or company.currency_id
        amount = company.currency_id._convert(sum(lines.mapped("amount_residual")), limits, company, today)
        if route.counts_interest:
            # sudo: what is claimed decides which ways are open, whoever asks.
            claims = lines.sudo()._get_interest_claims()
            amount += sum(line.currency_id._convert(float(claims[line.id].interest), limits, company, today)
                          for line in lines if line.id in claims)
        return amount

    @api.model
    def _get_route_problems(self, route, followup, lines):
        """Return in sentences what is missing for this route; a manager may go on with a reason."""
        if self._is_free(route, followup, lines):
            return []
        notices = self._get_formal_notices(followup, lines)
        without = lines - notices.line_ids.filtered(lambda one: one.role == "moving").line_id
        problems = []
        if without:
            problems.append(self.env._("No formal notice was sent for %(names)s.", names=", ".join(
                dict.fromkeys(without.mapped("move_name")))))
        today = followup.company_id._get_dunning_today()
        running = notices.filtered(lambda one: one.deadline_date and one.deadline_date >= today)
        if running:
            problems.append(self.env._("The formal notice %(name)s still runs until %(date)s.", name=running[0].name,
                                       date=format_date(self.env, max(running.mapped("deadline_date")))))
        if notices and route.code not in self._get_announced_codes(notices):
            problems.append(self.env._("%(route)s was not announced in the formal notice.", route=route.name))
        return problems

    @api.model
    def _is_free(self, route, followup, lines):
        """Return whether this route needs no announcement; small claims need none when too little is owed for one."""
        return not route.needs_notice or route.code == "small_claims" and self._is_below_formal(followup, lines)

    @api.model
    def _is_below_formal(self, followup, lines):
        """Return whether so little is owed that the company sends no formal notice for it."""
        floor = followup.company_id.sudo().dunning_formal_min_amount
        return followup.company_id.currency_id.compare_amounts(sum(lines.mapped("amount_residual")), floor) < 0

    @api.model
    def _get_formal_notices(self, followup, lines):
        """Return the formal notices that were sent for some of these receivables and arrived, newest first."""
        # sudo: what was sent counts, whoever may read it.
        return followup.sudo().notice_ids.filtered(lambda one: (
            one.state == "sent" and one.stage == "formal" and not one.is_returned
            and one.line_ids.filtered(lambda line: line.role == "moving").line_id & lines
        )).sorted(lambda one: (one.date_sent, one.id), reverse=True)

    @api.model
    def _get_announced_codes(self, notices):
        """Return the codes of the routes that these notices announced."""
        return {code for notice in notices for code in (notice.consequence_codes or "").split(",") if code}

    @api.model
    def _get_announced_routes(self, followup, lines):
        """Return the routes that may be taken now, those that were announced, in their order."""
        company = followup.company_id
        kind = followup.partner_id.with_company(company).dunning_debtor_kind
        codes = self._get_announced_codes(self._get_formal_notices(followup, lines))
        return self.env["dunning.litigation.route"]._get_for(company, kind).filtered(
            lambda route: route.code in codes and not self._get_route_obstacle(route, followup, lines))

    @api.model
    def _get_warnings(self, followup, lines):
        """Return in sentences what else runs about these receivables: a person decides whether to go on."""
        warnings = []
        for name, states, sentence in self._get_running_answers():
            # sudo: the answers that colleagues noted count too.
            found = self.env[name].sudo().search([("line_ids.line_id", "in", lines.ids), ("state", "in", states)])
            if found:
                names = ", ".join(dict.fromkeys((found.line_ids.line_id & lines).mapped("move_name")))
                warnings.append(sentence % {"names": names})
        return warnings

    def _get_running_answers(self):
        """Return (model, open states, sentence) of what a person should end first. Extend to add one."""
        return [
            ("dunning.promise", ("open",), self.env._("The customer promised to pay: %(names)s.")),
            ("dunning.plan", ("proposed", "agreed"), self.env._("In a payment plan: %(names)s.")),
            ("dunning.dispute", ("open",), self.env._(
                "Disputed: %(names)s. A contested claim has no place in a payment order.")),
        ]
