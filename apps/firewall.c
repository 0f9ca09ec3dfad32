/* SPDX-License-Identifier: MIT
 *
 * nf_tables; see firewall.h. A rule is a list of expressions, run one after another over a few registers: load something
 * into one, compare it with a constant and go on only if that holds, and in the end do something. Ours:
 *
 *     payload    register 1 = 4 bytes of the IP header at offset 12, the source
 *     bitwise    register 1 &= the netmask
 *     cmp        register 1 == the network's address
 *     meta       register 1 = name of the interface that it leaves by
 *     cmp        register 1 != the bridge's
 *     masq       take that interface's address as the source
 */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "apps/firewall.h"
#include "base/wire.h"
#include "drivers/netdevice.h"
#include "drivers/netlink.h"

#define FIREWALL_CHAIN    "postrouting"
#define FIREWALL_SRCNAT   100    /* the priority of source address translation (nft(8), srcnat) */
#define FIREWALL_IPV4_SRC 12     /* RFC 791 3.1 */
#define FIREWALL_TABLES   0x0a00 /* the subsystem's number, NFNL_SUBSYS_NFTABLES << 8 */

static void firewall_message(struct netlink *r, unsigned type, unsigned flags, uint8_t family, uint16_t resource)
{
	struct nfgenmsg header = {.nfgen_family = family, .version = NFNETLINK_V0};
	uint8_t id[2];
	wire_put16(id, resource);
	memcpy(&header.res_id, id, sizeof id);
	netlink_message(r, type, flags, &header, sizeof header);
}

/* Changes come in a batch, and happen all or not at all. */
static void firewall_begin(struct netlink *r)
{
	netlink_begin(r);
	firewall_message(r, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
}

static int firewall_commit(struct netlink *r)
{
	firewall_message(r, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	return netlink_do(NETLINK_NETFILTER, r);
}

/* An expression of this name: its attributes follow, and firewall_end_expression(). */
struct firewall_expression {
	size_t element, data;
};

static struct firewall_expression firewall_expression(struct netlink *r, const char *name)
{
	struct firewall_expression e;
	e.element = netlink_nest(r, NFTA_LIST_ELEM);
	netlink_put_text(r, NFTA_EXPR_NAME, name);
	e.data = netlink_nest(r, NFTA_EXPR_DATA);
	return e;
}

static void firewall_end_expression(struct netlink *r, struct firewall_expression e)
{
	netlink_unnest(r, e.data);
	netlink_unnest(r, e.element);
}

static void firewall_constant(struct netlink *r, unsigned type, const void *bytes, size_t length)
{
	size_t nest = netlink_nest(r, type);
	netlink_put(r, NFTA_DATA_VALUE, bytes, length);
	netlink_unnest(r, nest);
}

static void firewall_compare(struct netlink *r, uint32_t operation, const void *bytes, size_t length)
{
	struct firewall_expression e = firewall_expression(r, "cmp");
	netlink_put_big_endian(r, NFTA_CMP_SREG, NFT_REG_1);
	netlink_put_big_endian(r, NFTA_CMP_OP, operation);
	firewall_constant(r, NFTA_CMP_DATA, bytes, length);
	firewall_end_expression(r, e);
}

static void firewall_load_source(struct netlink *r)
{
	struct firewall_expression e = firewall_expression(r, "payload");
	netlink_put_big_endian(r, NFTA_PAYLOAD_DREG, NFT_REG_1);
	netlink_put_big_endian(r, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	netlink_put_big_endian(r, NFTA_PAYLOAD_OFFSET, FIREWALL_IPV4_SRC);
	netlink_put_big_endian(r, NFTA_PAYLOAD_LEN, 4);
	firewall_end_expression(r, e);
}

static void firewall_mask(struct netlink *r, struct address mask)
{
	static const uint8_t nothing[4];
	struct firewall_expression e = firewall_expression(r, "bitwise");
	netlink_put_big_endian(r, NFTA_BITWISE_SREG, NFT_REG_1);
	netlink_put_big_endian(r, NFTA_BITWISE_DREG, NFT_REG_1);
	netlink_put_big_endian(r, NFTA_BITWISE_LEN, 4);
	firewall_constant(r, NFTA_BITWISE_MASK, mask.bytes, sizeof mask.bytes);
	firewall_constant(r, NFTA_BITWISE_XOR, nothing, sizeof nothing);
	firewall_end_expression(r, e);
}

static void firewall_load_interface(struct netlink *r)
{
	struct firewall_expression e = firewall_expression(r, "meta");
	netlink_put_big_endian(r, NFTA_META_DREG, NFT_REG_1);
	netlink_put_big_endian(r, NFTA_META_KEY, NFT_META_OIFNAME);
	firewall_end_expression(r, e);
}

static void firewall_rule(struct netlink *r, const char *bridge, struct address network, unsigned prefix_length)
{
	struct address mask = address_from_number(UINT32_MAX << (32 - prefix_length));
	char name[NETDEVICE_NAME] = ""; /* compared with all its zeros, so that no longer name is taken for it */
	snprintf(name, sizeof name, "%s", bridge);
	firewall_message(r, FIREWALL_TABLES | NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, NFPROTO_IPV4,
			 0);
	netlink_put_text(r, NFTA_RULE_TABLE, bridge);
	netlink_put_text(r, NFTA_RULE_CHAIN, FIREWALL_CHAIN);
	size_t list = netlink_nest(r, NFTA_RULE_EXPRESSIONS);
	firewall_load_source(r);
	firewall_mask(r, mask);
	firewall_compare(r, NFT_CMP_EQ, network.bytes, sizeof network.bytes);
	firewall_load_interface(r);
	firewall_compare(r, NFT_CMP_NEQ, name, sizeof name);
	firewall_end_expression(r, firewall_expression(r, "masq"));
	netlink_unnest(r, list);
}

int firewall_masquerade(const char *bridge, struct address network, unsigned prefix_length)
{
	struct netlink r;
	firewall_begin(&r);
	firewall_message(&r, FIREWALL_TABLES | NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_IPV4, 0);
	netlink_put_text(&r, NFTA_TABLE_NAME, bridge);
	firewall_message(&r, FIREWALL_TABLES | NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_IPV4, 0);
	netlink_put_text(&r, NFTA_CHAIN_TABLE, bridge);
	netlink_put_text(&r, NFTA_CHAIN_NAME, FIREWALL_CHAIN);
	netlink_put_text(&r, NFTA_CHAIN_TYPE, "nat");
	size_t hook = netlink_nest(&r, NFTA_CHAIN_HOOK);
	netlink_put_big_endian(&r, NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	netlink_put_big_endian(&r, NFTA_HOOK_PRIORITY, FIREWALL_SRCNAT);
	netlink_unnest(&r, hook);
	firewall_rule(&r, bridge, network, prefix_length);
	return firewall_commit(&r);
}

int firewall_remove(const char *bridge)
{
	struct netlink r;
	firewall_begin(&r);
	firewall_message(&r, FIREWALL_TABLES | NFT_MSG_DELTABLE, NLM_F_ACK, NFPROTO_IPV4, 0);
	netlink_put_text(&r, NFTA_TABLE_NAME, bridge);
	return firewall_commit(&r);
}

/* ---- what others forbid ---- */

struct firewall_search {
	const char *bridge;
	struct firewall_drop drop;
	bool found;
	bool excepted; /* a rule of its table names the bridge */
};

static uint8_t firewall_family(struct netlink_value payload)
{
	return payload.length > 0 ? payload.bytes[0] : NFPROTO_UNSPEC;
}

/* A base chain on the hook `forward` whose policy is to drop. firewalld's has another policy and rejects at its end. */
static bool firewall_drops(struct netlink_value chain, const char *table)
{
	struct netlink_value hook = netlink_find(chain, NFTA_CHAIN_HOOK);
	uint32_t number = netlink_number(netlink_find(hook, NFTA_HOOK_HOOKNUM), UINT32_MAX);
	uint32_t policy = netlink_number(netlink_find(chain, NFTA_CHAIN_POLICY), UINT32_MAX);
	uint8_t forward[4], drop[4];
	wire_put32(forward, NF_INET_FORWARD);
	wire_put32(drop, NF_DROP);
	return memcmp(&number, forward, sizeof number) == 0 &&
	       (memcmp(&policy, drop, sizeof policy) == 0 || strcmp(table, "firewalld") == 0);
}

static void firewall_take_chain(void *user, unsigned type, struct netlink_value payload)
{
	struct firewall_search *s = user;
	struct netlink_value chain = netlink_attributes(payload, sizeof(struct nfgenmsg));
	char table[sizeof s->drop.table], name[sizeof s->drop.chain];
	if (type != (FIREWALL_TABLES | NFT_MSG_NEWCHAIN))
		return;
	netlink_text(netlink_find(chain, NFTA_CHAIN_TABLE), table, sizeof table);
	netlink_text(netlink_find(chain, NFTA_CHAIN_NAME), name, sizeof name);
	if (strcmp(name, "DOCKER-USER") == 0)
		s->drop.docker = true;
	if (s->found || !firewall_drops(chain, table))
		return;
	s->found = true;
	s->drop.family = firewall_family(payload);
	memcpy(s->drop.table, table, sizeof table);
	memcpy(s->drop.chain, name, sizeof name);
}

/* How a rule compares names differs from tool to tool, but the bytes of the name are somewhere in it. */
static void firewall_take_rule(void *user, unsigned type, struct netlink_value payload)
{
	struct firewall_search *s = user;
	char table[sizeof s->drop.table];
	netlink_text(netlink_find(netlink_attributes(payload, sizeof(struct nfgenmsg)), NFTA_RULE_TABLE), table,
		     sizeof table);
	if (type == (FIREWALL_TABLES | NFT_MSG_NEWRULE) && strcmp(table, s->drop.table) == 0 &&
	    firewall_family(payload) == s->drop.family &&
	    memmem(payload.bytes, payload.length, s->bridge, strlen(s->bridge)))
		s->excepted = true;
}

static int firewall_dump(unsigned what, void (*each)(void *, unsigned, struct netlink_value), void *user)
{
	struct netlink r;
	netlink_begin(&r);
	firewall_message(&r, FIREWALL_TABLES | what, NLM_F_DUMP, NFPROTO_UNSPEC, 0);
	return netlink_ask(NETLINK_NETFILTER, &r, each, user);
}

int firewall_find_drop(const char *bridge, struct firewall_drop *drop)
{
	struct firewall_search s = {.bridge = bridge};
	int error = firewall_dump(NFT_MSG_GETCHAIN, firewall_take_chain, &s);
	if (!error && s.found)
		error = firewall_dump(NFT_MSG_GETRULE, firewall_take_rule, &s);
	*drop = s.drop;
	return error ? error : s.found && !s.excepted;
}

void firewall_mend_drop(const char *bridge, const struct firewall_drop *drop, char *command, size_t room)
{
	const char *family = drop->family == NFPROTO_INET ? "inet" : drop->family == NFPROTO_IPV4 ? "ip" : "ip6";
	if (strcmp(drop->table, "firewalld") == 0)
		snprintf(command, room, "sudo firewall-cmd --zone=trusted --add-interface=%s", bridge);
	else if (strcmp(drop->table, "filter") == 0 && strcmp(drop->chain, "FORWARD") == 0)
		snprintf(command, room, "sudo iptables -I %s -i %s -j ACCEPT && sudo iptables -I %s -o %s -j ACCEPT",
			 drop->docker ? "DOCKER-USER" : "FORWARD", bridge, drop->docker ? "DOCKER-USER" : "FORWARD",
			 bridge);
	else
		snprintf(command, room,
			 "sudo nft insert rule %s %s %s iifname %s accept && sudo nft insert rule %s %s %s oifname %s "
			 "accept",
			 family, drop->table, drop->chain, bridge, family, drop->table, drop->chain, bridge);
}
