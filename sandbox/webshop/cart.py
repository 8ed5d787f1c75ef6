"""A customer's cart."""

from dataclasses import dataclass, field

from webshop.prices import discounted

BULK_COUNT = 10
BULK_PERCENT = 5


@dataclass(frozen=True)
class Line:
    """One article in the cart, with the price of a single piece in cents."""

    article: str
    price: int
    count: int = 1

    def total(self) -> int:
        """What the line costs; ten pieces and more are cheaper."""
        full = self.price * self.count
        return discounted(full, BULK_PERCENT) if self.count >= BULK_COUNT else full


@dataclass
class Cart:
    """What one customer is about to buy."""

    lines: list[Line] = field(default_factory=list)

    def add(self, article: str, price: int, count: int = 1) -> None:
        """Put an article into the cart, as a line of its own."""
        if count < 1:
            raise ValueError("a line needs at least one piece")
        self.lines.append(Line(article, price, count))

    def total(self) -> int:
        """What the whole cart costs, in cents."""
        return sum(line.total() for line in self.lines)
