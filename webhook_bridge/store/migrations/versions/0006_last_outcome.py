# SPDX-License-Identifier: GPL-3.0-or-later
"""Which run did something on each host last: known without a look through old runs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_FILL = """
INSERT INTO last_outcome (app, host, run_seq, running)
SELECT run.app, outcome.host, max(run.seq), (
    SELECT seen.running
    FROM outcome AS seen JOIN run AS earlier ON earlier.id = seen.run_id
    WHERE earlier.app = run.app AND seen.host = outcome.host AND seen.running IS NOT NULL
    ORDER BY earlier.seq DESC LIMIT 1
)
FROM outcome JOIN run ON run.id = outcome.run_id
GROUP BY run.app, outcome.host
"""


def upgrade() -> None:
    """Create the table, filled from the outcomes that are there."""
    op.create_table(
        "last_outcome",
        sa.Column("app", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("run_seq", sa.Integer(), nullable=False),
        sa.Column("running", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("app", "host"),
    )
    op.create_index("run_app_kind", "run", ["app", "kind"])
    op.execute(_FILL)
