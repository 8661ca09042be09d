"""Parties of agreements, agreements, and their evidence, as the agreement tests use them."""

from datetime import datetime, timedelta, timezone

from node import eventually


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Parties:
    """Part of a test case whose class has `node` and `number`, how many names were given away."""

    # Parties

    @classmethod
    def officer(cls, organization, *districts):
        bindings = [{"role": "ROLE_AGREEMENT_OFFICER", "prefix": f"organizations/{organization}"}]
        bindings += [{"role": role, "prefix": f"districts/{district}"} for district in districts
                     for role in ("ROLE_AGREEMENT_OFFICER", "ROLE_AUDITOR")]
        cls.node.admin().must("POST", f"/v1/organizations/{organization}/users?user_id=officer",
                              {"display_name": "共享管理", "bindings": bindings})

    @classmethod
    def partner(cls, organization, make=True):
        """A consuming organisation with an officer and a client `reader`."""
        admin = cls.node.admin()
        if make:
            admin.must("POST", f"/v1/organizations?organization_id={organization}",
                       {"display_name": f"使用方{organization}", "kind": "KIND_EVALUATOR"})
        cls.officer(organization)
        admin.must("POST", f"/v1/organizations/{organization}/clients?client_id=reader", {"display_name": "读者"})
        return organization

    @classmethod
    def new_partner(cls):
        cls.number += 1
        return cls.partner(f"p{cls.number}")

    def reader(self, partner, purpose="STATISTICS"):
        return self.node.client(f"{partner}/reader", purpose)

    # Agreements

    def agree(self, partner, datasets, provider="jiading", districts=("310114",), **more):
        """An ACTIVE agreement; its name. `datasets`: [(dataset, fields, row filter)]."""
        type(self).number += 1
        now = datetime.now(timezone.utc)
        officer, other = self.node.user(f"{provider}/officer"), self.node.user(f"{partner}/officer")
        body = {"display_name": "测试协议", "provider": f"organizations/{provider}", "consumer": f"organizations/{partner}",
                "provider_districts": list(districts), "purposes": ["STATISTICS", "TEACHER_EXCHANGE"],
                "start_time": stamp(now - timedelta(days=1)), "end_time": stamp(now + timedelta(days=300)),
                "daily_call_quota": 1000000, "daily_record_quota": 100000000, "retention_days": 30, "delivery": "DELIVERY_QUERY",
                "obligations": "测试", "legal_ground": "测试",
                "datasets": [{"dataset": dataset, "fields": fields} | ({"row_filter": rows} if rows else {})
                             for dataset, fields, rows in datasets]} | more
        name = f"agreements/a{self.number}"
        officer.must("POST", f"/v1/agreements?agreement_id=a{self.number}", body)
        seen = officer.must("POST", f"/v1/{name}:propose", {})["content_hash"]
        officer.must("POST", f"/v1/{name}:sign", {"content_hash": seen})
        other.must("POST", f"/v1/{name}:countersign", {"content_hash": seen})
        return name

    def until_known(self, reader, path):
        """The gateway learns of an agreement through the policy stream."""
        return eventually("the gateway knows the agreement", lambda: (
            lambda reply: reply if reply.reason != "NO_AGREEMENT" else None)(reader.get(path, page_size=1)))

    # Evidence

    def entry(self, reply, auditor="jiading/auditor", district="310114"):
        self.assertTrue(reply.entry, f"no entry: {reply!r}")
        return self.node.user(auditor).must("GET", f"/v1/districts/{district}/accessEntries/{int(reply.entry):020d}")

    def refused(self, reply, status, reason, auditor="jiading/auditor", district="310114"):
        self.assertEqual((reply.status, reply.reason), (status, reason), repr(reply))
        entry = self.entry(reply, auditor, district)
        self.assertEqual((entry["outcome"], entry["reason"]), ("OUTCOME_DENIED", reason))
        self.assertNotIn("response_digest", entry)
        return entry
