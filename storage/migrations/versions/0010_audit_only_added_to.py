"""The audit is only ever added to: the database refuses to change or delete an entry"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

REFUSAL = "the audit is only ever added to"
GUARDS = {"audit_unchanged": "UPDATE", "audit_undeleted": "DELETE"}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        raised = f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END"
        op.execute(f"CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {raised} $$")
        for name, act in GUARDS.items():
            op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()")
        return
    for name, act in GUARDS.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON audit BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")


def downgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for name in GUARDS:
        op.execute(f"DROP TRIGGER {name}{' ON audit' if is_postgres else ''}")
    if is_postgres:
        op.execute("DROP FUNCTION audit_refuse()")
