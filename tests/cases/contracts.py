"""Contracts as terms. The clauses are restated from CUAD v1, The Atticus Project, CC BY 4.0; inputs are
invented.
"""

GO_PAGE = """\
# Go-Page: the royalty's rate is chosen by the number of subscribers on the quarter's last day
Licensee -> Licensor as royalty: band(last(subscribers): 6.25% to 5000, 6.75% to 7500, 7% to 10000,
    8% to 15000, 8.5% to 20000, 9.25% to 25000, 9.75% above) of gross every quarter
"""

THERAVANCE = """\
# GlaxoSmithKline / Theravance, 6.3.3: "additional Net Sales up to ..."
GSK -> Theravance as royalty: tiers(net_sales per year: 6.5% to 750m, 8% to 1.25bn, 9% to 2.25bn, 10% above)
    every quarter within 20 days
"""

SHPS = """\
# HPS / SHPS: monthly slices; revenues from new clients pass through, against a commission
HPS -> SHPS as share: tiers(care_revenue: 82.5% to 500k, 80% above) every month within 15 days
HPS -> SHPS as pass_through: 100% of new_client_revenue every month
SHPS -> HPS as commission: 5% of new_client_revenue every month
"""

PREMIER = """\
# Premier Biomedical / Technology Health: the same share twice, once with a cap for the contract's life
THI -> Marv as share: 5% of fair_market_value every year
THI -> shareholders as capped_share: cap(5% of fair_market_value, 40m per life) every year
"""

ZOUNDS = """\
# Zounds Hearing: per unit, the higher of a part of the cost and a floor; half at shipping, the rest 15
# days later
fee: each(lot: units[type = non] * max(80% of cost[type = non], 80.00))
    + each(lot: units[type = re] * max(100% of cost[type = re], 100.00))
Manufacturer -> Subcontractor as at_shipping: 50% of fee every month
Manufacturer -> Subcontractor as later: fee - at_shipping every month
"""

MONSANTO = """\
# Monsanto / Scotts: a threshold from program year 2019 on, a bonus from the first dollar, money both ways
Monsanto -> Agent as commission: 50% of excess(program_ebit over on(2018-10-01: 40m)) every year from 10-01
Monsanto -> Agent as roundup_365: if gross_profit_365 > 10m then 7% of gross_profit_365 else 0
    every year from 10-01
Agent -> Monsanto as contribution: 18m / 12 every month
"""

MUSCLEPHARM = """\
# MusclePharm / Schwarzenegger: capped deductions; the minimum guarantee is an advance in instalments
net_sales: gross - min(discounts, 5% of gross) - min(returns, 5% of gross)
earned: 10% of net_sales
guarantee: due(2013-07-23: 500k, 2013-10-01: 500k, 2014-02-01: 500k,
    2014-07-23: 666_666.66, 2014-10-01: 666_666.66, 2015-02-01: 666_666.66)
MusclePharm -> Lender as instalments: guarantee every quarter
MusclePharm -> Lender as royalty: recoup(earned, guarantee per contract year) every quarter within 30 days
"""

SHOPPING_MALL = """\
# America's Shopping Mall / HDI: above a threshold that starts anew every calendar month
Company -> HDI as share: 30% of excess(net_sales over 11k) every month
"""

RECYCLING = """\
# China Recycling Energy: per kWh, with a step on all that was produced since the start
B -> A as fee: tiers(kwh per life: 0.40 to 800m, 0.20 above) every month in CNY
"""

STEAM = """\
# Steam: per application, counted since 2018-10-01 (announced 2018-11-30)
Valve -> Developer as share: each(app: tiers(revenue since 2018-10-01: 70% to 10m, 75% to 50m, 80% above))
    every month
"""

EPIC = """\
# Epic Games Store: per product and calendar year, counted since 2025-06-01
Epic -> Developer as share: each(product: tiers(revenue per year since 2025-06-01: 100% to 1m, 88% above))
    every month
"""

CONTRACTS = {
    "Go-Page, band": GO_PAGE,
    "Theravance, tiers": THERAVANCE,
    "SHPS, three flows": SHPS,
    "Premier, cap": PREMIER,
    "Monsanto, three flows": MONSANTO,
    "MusclePharm, five lines": MUSCLEPHARM,
    "Shopping Mall, excess": SHOPPING_MALL,
    "Recycling, tiers for life": RECYCLING,
}
