"""How many pairs wait, and where, is told from the queue's index alone"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = ["team_id", "status", "priority", "id"]


def upgrade() -> None:
    op.drop_index("ix_pairs_queue", table_name="pairs")
    op.create_index("ix_pairs_queue", "pairs", [*KEY, "channel_is_private", "channel_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_pairs_queue", table_name="pairs")
    op.create_index("ix_pairs_queue", "pairs", KEY, unique=False)
