"""The screens beside the desk: sessions, models, rules, cost, settings, help; and the doors to them."""
