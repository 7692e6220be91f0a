"""What collecting needs to know of a pair and its reviews"""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite adds columns in place only with a default, and making `pairs` anew would take along what refers to it.
PAIR_COLUMNS = (
    sa.Column("answer_parts", sa.JSON(), nullable=False, server_default="[]"),
    sa.Column("origin", sa.String(length=32), nullable=False, server_default="thread"),
    sa.Column("file_count", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("redactions", sa.JSON(), nullable=False, server_default="[]"),
    sa.Column("priority", sa.Integer(), nullable=False, server_default="1"),
    sa.Column("source_hash", sa.String(length=64), nullable=False, server_default=""),
    sa.Column("edited_by", sa.String(length=64), nullable=True),
    sa.Column("previous_question", sa.Text(), nullable=True),
    sa.Column("previous_answer", sa.Text(), nullable=True),
    sa.Column("replaced_by_id", sa.Integer(), nullable=True),
    sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
)
PAIR_INDEXES = {
    "ix_pairs_queue": ["team_id", "status", "priority", "id"],
    "ix_pairs_thread": ["team_id", "channel_id", "thread_ts"],
    "ix_pairs_compared_at": ["compared_at"],
    "ix_pairs_replaced_by_id": ["replaced_by_id"],
}


def upgrade() -> None:
    for column in PAIR_COLUMNS:
        op.add_column("pairs", column)
    for name, columns in PAIR_INDEXES.items():
        op.create_index(name, "pairs", columns, unique=False)
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.add_column(sa.Column("via", sa.String(length=32), nullable=False, server_default="reaction"))
        batch_op.add_column(sa.Column("content_hash", sa.String(length=64), nullable=False, server_default=""))
        batch_op.drop_constraint("uq_reviews_pair_id_reviewer_id_verdict", type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_reviews_pair_id_reviewer_id_verdict_via"), ["pair_id", "reviewer_id", "verdict", "via"]
        )
    op.create_table(
        "twins",
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("disagrees", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["pairs.id"], name=op.f("fk_twins_pair_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["pairs.id"], name=op.f("fk_twins_other_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pair_id", "other_id", name=op.f("pk_twins")),
    )
    op.create_index("ix_twins_other_id", "twins", ["other_id"], unique=False)
    op.create_table(
        "opt_outs",
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_opt_outs")),
    )
    _bind_what_stands()


def downgrade() -> None:
    op.drop_table("opt_outs")
    op.drop_table("twins")
    op.execute("DELETE FROM reviews WHERE via <> 'reaction'")
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.drop_constraint("uq_reviews_pair_id_reviewer_id_verdict_via", type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_reviews_pair_id_reviewer_id_verdict"), ["pair_id", "reviewer_id", "verdict"]
        )
        batch_op.drop_column("content_hash")
        batch_op.drop_column("via")
    for name in PAIR_INDEXES:
        op.drop_index(name, "pairs")
    for column in PAIR_COLUMNS:
        op.drop_column("pairs", column.name)


def _bind_what_stands() -> None:
    """Bind approvals to the words they were given on: those that the pair still says."""
    connection = op.get_bind()
    pairs = connection.execute(sa.text("SELECT id, question, answer, answer_ts FROM pairs")).all()
    for id_, question, answer, answer_ts in pairs:
        said = sha256(f"{question}\x00{answer}".encode("utf-8", "replace")).hexdigest()
        values = {"id": id_, "hash": said, "parts": f'["{answer_ts}"]'}
        connection.execute(
            sa.text("UPDATE pairs SET source_hash = :hash, answer_parts = :parts WHERE id = :id"), values
        )
        connection.execute(sa.text("UPDATE reviews SET content_hash = :hash WHERE pair_id = :id"), values)
