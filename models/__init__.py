# One file per noun of the business; the order is the one of the calls, from facts to actions.
