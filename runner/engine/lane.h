/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lane: one cell on its way through configuration, baseline and states. What
 * run.c (scheduling) and plan.c (looking only) share.
 *
 * A lane is a state machine. lane_advance() does what needs no child and then
 * either starts one (the lane is busy until its on_exit), asks to be tried again
 * later (a lock that another run holds), or is done.
 *
 *	lane.c        the machine: phases, children, the end of each
 *	lane_config.c toolchain and effective .config
 *	lane_base.c   dependents and baseline
 *	lane_lost.c   options that a state loses
 *	lane_child.c  starting a command in the sandbox, in both modes
 *	lane_chain.c  the objtree that goes from state to state
 *	lane_quick.c  the quick pass, ahead of the steps
 *	lane_audit.c  skipped steps that are built anyway
 *	lane_look.c   what the audits want to see of each state
 *	lane_memory.c steps that need no build: proved, or built before
 *	lane_text.c   what no unit can read, by text
 *	lane_step.c   one step: impact, make, harvest
 *	lane_replay.c units behind a prepare that failed
 *	lane_ask.c    which step comes next, where not all are wanted
 *	lane_image.c  the link of a whole kernel
 */
#ifndef KVMATRIX_ENGINE_LANE_H
#define KVMATRIX_ENGINE_LANE_H

#include "engine/baseline.h"
#include "engine/impact.h"
#include "engine/includes.h"
#include "engine/legs.h"
#include "engine/look.h"
#include "engine/place.h"
#include "engine/quick.h"
#include "engine/run.h"
#include "engine/toolchain.h"
#include "model/unit.h"
#include "sys/proc.h"

struct cell;
struct jobserver;
struct harvest;
struct lane_image;
struct make_log;
struct pool;
struct sandbox;
struct state;
struct strbuf;
struct suspects;

/* How ccache may be used at a state; see place_env(). */
struct cache_rule {
	bool off;
	bool other_names; /* than the base: files came or went, or Makefiles or
			   * links say something else */
	char *space; /* of states with the same names */
};

/* What all lanes of a run share. */
struct crew {
	const struct run_opts *opts;
	struct run_result *result;
	struct proc_loop *loop;
	struct jobserver *jobserver;
	struct pool *pool;
	char *makeflags;
	char *base_checkout;
	struct include_index includes;
	struct strlist touched; /* by any state, sorted */
	struct suspects *suspects; /* NULL: not asked for yet */
	struct strlist added_sources; /* of these, .c and .S that some state
				       * adds */
	struct cache_rule *cache_rules; /* one a state */
	unsigned *sources_since; /* by state: the one at which a source last
				  * came or went */
	struct lane *lanes;
	size_t nr_lanes;
	/* SANDBOX_PLAIN: the state that mnt/src is at, NULL: not made yet */
	const struct state *plain_at;
	struct lane *plain_lane; /* who uses the fixed paths now */
	unsigned ticks; /* of the scheduler's clock */
	bool wants_slot; /* a lane could go on if there were one */
	bool yielded;	 /* so could one that let others go first */
	/* What many lanes have in common, found once. */
	struct strmap toolchains; /* "arch/toolchain" -> struct toolchain * */
	struct strmap sources;	  /* srcarch -> struct strlist *: lane.sources */
	struct strmap readers;	  /* srcarch -> struct strmap *: path -> struct
				   * strlist *, see lane_text.c */
	struct strmap earlier;	  /* see lane_memory.c */
};

enum lane_phase {
	LANE_CONFIG, /* make .config */
	LANE_LOCK,   /* wait for the baseline */
	LANE_LIST,   /* ask kbuild for the dependents */
	LANE_BASE,   /* build the baseline */
	LANE_LIST_TIP,
	LANE_QUICK,  /* syntax check of state lane.patch */
	LANE_STEP,   /* decide on and build state lane.patch */
	LANE_REPLAY, /* its second half, when prepare failed */
	LANE_PROBE,  /* run_opts.probe on it */
	LANE_DONE,
};

/* LANE_WAITS: until some other lane's step is done. LANE_YIELDS: it goes on
 * when it is its turn again. */
enum lane_progress {
	LANE_BUSY,
	LANE_AGAIN,
	LANE_WAITS,
	LANE_YIELDS,
	LANE_ENDED
};

/* See lane_chain.c. */
struct chain {
	char *dir, *upper, *work; /* scratch of the objtree */
	const struct state *at; /* what the objtree was last built at */
	bool moved;  /* it is more than the baseline: units are valid */
	bool whole;  /* nothing of the baseline lies below upper */
	struct unit_set units; /* what upper records */
	/* What states since have dropped, at which prepare failed; sorted. */
	struct strlist stale;
	char *layer; /* SANDBOX_OVERLAY: files of the sources' upper layer */
	const struct state *layer_at; /* NULL: not made yet */
};

/* See lane_quick.c. */
struct quick_pass {
	struct quick_state *states; /* a state each; NULL: not begun */
	size_t nr_states;
	struct legs legs; /* of all who make it */
	bool *passed;	  /* by state: nothing more comes of it */
	bool looked;	  /* the first look is over */
	unsigned *told;	  /* by state: failing units that were told */
};

/* One that makes the pass, or a part of it. */
struct quick_walk {
	bool takes;		/* lane.patch is its state */
	unsigned last;		/* the state that it has passed last */
	const struct state *at; /* what units were last replayed at */
	struct unit_set units;	/* dependencies written by the replays */
	char *upper;		/* scratch of the replay that runs */
	unsigned resume; /* the state to go on with after the first look */
};

/* See lane_look.c. */
struct look_pass {
	unsigned next;		/* the first state not looked at */
	const struct state *at; /* the last one looked at */
	struct unit_set units;	/* what they read when last looked at */
	struct strlist failed;	/* at which the last look failed, sorted */
	bool planned;		/* site and jobs are of state next */
	bool asked;		/* jobs are those that the audits want, too */
	bool in_chain;		/* looked at where it was built */
	struct look_site site;
	struct impact since_base; /* of state next, on the baseline */
	struct look_jobs jobs;
	size_t done, batch; /* of jobs: answered; that run now */
	char *dir;	    /* of the commands that run and their output */
};

/*
 * What all lanes of a cell go by. The cell's own lane finds it out, the others
 * begin when it has.
 */
struct lane_shared {
	struct toolchain toolchain;
	bool has_toolchain;
	struct strlist make_vars;
	char *config;			     /* text of the effective .config */
	struct strlist wanted, wanted_where; /* what the cell asks of it */
	char *key;			     /* of the baseline */
	struct baseline baseline;
	struct strlist sources;	   /* could read a touched file */
	struct strlist base_goals; /* dependents in the base */
	struct strlist tip_goals;  /* those that the series adds */
	bool listed;
	struct unit_set units; /* of the baseline */
	bool has_units;
	struct read_set memo_set;
	struct impact_memo *memo; /* see lane_memo() */
	unsigned more_from;	  /* see lane_text.c; 0: not found out */
	struct quick_pass quick;
	/* lane_goals() of the last state: mostly those of the next one, too */
	struct {
		unsigned since; /* sources_since and 1; 0: there was none */
		size_t of;	/* so many dependents were known */
		struct strlist goals;
	} last;
	struct {
		struct strlist goals;
		char *cell;
	} named;		/* see lane_name_step() */
	struct strmap *readers; /* of crew.readers */
};

struct lane {
	struct crew *crew;
	size_t cell_nr;
	unsigned helper; /* 0: the cell's own; else one more for its steps */
	bool scout;	 /* a helper that does the quick pass, and no steps */
	struct quick_walk walk;
	const struct cell *cell;
	struct cell_info *info;
	enum lane_phase phase;
	bool busy;
	bool has_token;

	char *scratch;	/* of this lane */
	char *conf_obj; /* objtree in which .config was made; may vanish */
	struct lane_shared *shared;
	struct lane *same_as; /* an earlier lane with an equal baseline */

	struct strmap more_reads; /* by units rebuilt in later steps */
	struct strmap kconfig;
	struct strmap seen; /* targets that some state has built */

	unsigned patch;	   /* state to build */
	bool unread;	   /* a unit of the state before failed, and what it
			    * read is not known */
	bool stopped;	   /* the step's make ended in prepare */
	const struct state *ground; /* the state that is built for its commands */
	bool no_ground;	   /* that has failed */
	bool retried;	   /* an internal compiler error was seen once */
	struct chain chain;
	struct look_pass look;
	char *step_cell, *step_key; /* names of the step in the store */
	struct impact impact;
	char *offsets_said; /* names of changed constants last told */
	struct lane_image *image; /* NULL: nothing is linked */

	bool depend; /* the next child compiles nothing that holds a file which
		      * the compiler does not see: PLACE_CACHE_DEPEND */
	/* the child that runs now */
	void (*on_exit)(void *data, struct proc_result *res);
	char *child_upper; /* SANDBOX_PLAIN: where OBJ goes afterwards */

	/* with run_opts.next: see lane_ask.c */
	bool asked;    /* patch is what it said */
	bool *matters; /* see struct run_ask */
};

/* lane.c */
void lane_init(struct lane *l, struct crew *c, size_t cell_nr, unsigned helper);
void lane_release(struct lane *l);
enum lane_progress lane_advance(struct lane *l);
/* A helper whose cell's own lane has not come to the steps: lane_advance()
 * begins with it when that has, and starts no child. */
bool lane_waits_for_own(const struct lane *l);
/* The first of the lanes that do the quick pass of l's cell; NULL: its own lane
 * does. */
struct lane *lane_scout(const struct lane *l);
/* One of those that walk beside it, on slots that nobody else has use for. */
bool lane_is_late_scout(const struct lane *l);
/* Ends the lane: nothing can be found out in this cell (reason). A scout: the
 * quick pass ends, and the steps go on without. */
void lane_fail(struct lane *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void lane_say(const struct lane *l, enum run_event_kind kind, const char *text);
/*
 * Starts a command in the sandbox, with the sources of a state on SRC and the
 * objtree that s describes (obj_upper, obj_work, obj_lower, drop) on OBJ; all
 * else of s is filled in here. on_exit is called with the lane as data, when
 * obj_upper holds what was written. -1: lane_fail() was called.
 */
int lane_start(struct lane *l, struct sandbox *s, const struct state *at,
	       const struct strlist *command,
	       void (*on_exit)(void *data, struct proc_result *res));
/* "s390-default-gcc": the id as a file name. Owned. */
char *lane_slug(const struct lane *l);
/* make -C SRC O=OBJ VARS -k -Otarget */
void lane_make_argv(const struct lane *l, struct strlist *argv);

/* lane_config.c */
/* shared->toolchain and make_vars. */
int lane_find_toolchain(struct lane *l, struct errbuf *err);
/* 1: shared->config and key are set from the cache; 0: lane_config_start() has
 * to be called; -1: lane_fail() was called. */
int lane_config_cached(struct lane *l);
int lane_config_start(struct lane *l);

/* lane_base.c: the phases from LANE_LOCK to LANE_LIST_TIP. */
enum lane_progress lane_lock_base(struct lane *l);
enum lane_progress lane_list_base(struct lane *l);
enum lane_progress lane_build_base(struct lane *l);
enum lane_progress lane_list_tip(struct lane *l);
/* Finds the sources that could read a touched file, and the baseline's
 * directory; with a complete baseline that covers them takes its shared lock:
 * then true. Nothing is built. */
bool lane_lookup_baseline(struct lane *l);
/* The last state whose patch applied. */
const struct state *lane_tip(const struct lane *l);

/* lane_lost.c */
/* Are the configurations known of all cells that could have the lane's own? */
bool lane_knows_equals(const struct lane *l);
/* What the lane's cell asks for, and those that have its steps. */
void lane_wanted_options(const struct lane *l, struct strlist *options,
			 struct strlist *where);
/* Adds an error for each of these that the .config of state l->patch does not have
 * as asked; true: there are any. */
bool lane_lost_diags(struct lane *l, const char *config_file,
		     struct diag_list *out);
/* The step l->patch has been built: adds what its configuration lost, and the units
 * that are not built for it. */
void lane_find_lost(struct lane *l, struct step_result *s);

/* lane_chain.c */
void lane_chain_init(struct lane *l);
void chain_release(struct chain *c);
/* Back to the baseline: what the scratch holds is thrown away. */
void lane_chain_reset(struct lane *l);
/* What is known of the state that the objtree is at. */
const struct step_result *lane_chain_result(const struct lane *l);
/* Describes the objtree for the step that l->impact is about: the objects it
 * drops are gone when the command starts. */
int lane_chain_sandbox(struct lane *l, struct sandbox *s, struct errbuf *err);
/* Prepare has failed: nothing else was built, and the objtree is that of the state it
 * was at, less what l->impact dropped. */
void lane_chain_keep(struct lane *l);
/* make has finished a step: the objtree is that of state at now. */
int lane_chain_advance(struct lane *l, const struct state *at,
		       struct errbuf *err);
/* SANDBOX_OVERLAY: brings chain.layer to a state. */
int lane_chain_sources(struct lane *l, const struct state *at,
		       struct errbuf *err);
/* Adds the Kconfig files that an objtree's configuration read. */
void lane_read_kconfig(struct lane *l, const char *objtree);

/* lane_quick.c */
/* Sets l->patch to the lane's next state; false: it has none. */
bool lane_quick_goes_on(struct lane *l);
/* Looks at it; 1: a replay was started, or the lane failed. */
int lane_quick(struct lane *l);
/* May a leg (legs.h) of the pass begin at a state, as far as the baseline
 * tells? */
bool lane_quick_begins_leg(struct lane *l, const struct state *state);
/* Has the pass been at l->patch? */
bool lane_quick_passed(const struct lane *l);
void quick_walk_release(struct quick_walk *w);
/* Does the pass judge the unit? */
bool lane_quick_judges(const struct lane *l, const struct unit *u);
/* What the pass does with the units of this lane. */
enum quick_how lane_quick_how(const struct lane *l);
enum work lane_quick_work(const struct lane *l);
/* Fills q with what the store knows of l->patch; false: nothing. */
bool lane_quick_recalls(struct lane *l, struct quick_state *q);
/* The units to replay at l->patch, a copy of what was known before in q. */
bool lane_quick_reached(struct lane *l, struct quick_state *q,
			struct strlist *names);
/* Replays them at l->patch. 1: on_exit follows, or the lane failed. */
int lane_quick_start(struct lane *l, const struct strlist *names,
		     enum quick_how how, struct quick_state *q,
		     void (*on_exit)(void *data, struct proc_result *res));
/* Tells the first error of q that prev does not have, unless as many failing units
 * of this state were told. */
void lane_quick_tell(struct lane *l, const struct quick_state *q,
		     const struct quick_state *prev);
/* Nothing is judged from the walk's state on to where another one began. */
void lane_quick_give_up(struct lane *l, const char *why);
/* --depth quick: fills s when the pass has judged every unit of l->patch. */
bool lane_quick_answers(struct lane *l, struct step_result *s);
/* A step was built: where it and the pass disagree goes to the result. */
void lane_quick_compare(struct lane *l, const struct step_result *s);
void quick_pass_release(struct quick_pass *q);
/* Does the pass know what each unit that fails at l->patch reads? Then all of it
 * is in the lane's reads. */
bool lane_quick_reads(struct lane *l, const struct step_result *s);
/* Adds these, a line each. */
void lane_quick_add_reads(const struct lane *l, struct strbuf *text);

/* lane_first.c */
/* Before the first state that has to be replayed: 1: units that are suspected are. */
int lane_first_look(struct lane *l);
void crew_forget_suspects(struct crew *c);

/* lane_look.c */
/* With looks wanted: is a state that is done yet to be looked at? */
bool lane_look_due(const struct lane *l);
/* Goes on looking; 1: commands were started, or the lane failed. */
int lane_look(struct lane *l);
/* The step l->patch can be looked at only where it is built. */
bool lane_look_needs_build(struct lane *l);
void lane_look_release(struct lane *l);

/* lane_audit.c */
/* Is the step l->patch, which was proved not to need a build, one of the share
 * that is built anyway? */
bool lane_audit_wanted(struct lane *l, const struct strlist *goals);
/* Is the link of l->patch, of which the symbol tables say nothing new, one of the
 * share that is made anyway? */
bool lane_audit_links(const struct lane *l);
/* Builds it from an empty O= and compares; then the step is done. */
void lane_audit(struct lane *l, const struct strlist *goals);

/* lane_text.c */
enum lane_reach {
	LANE_READS,    /* something of what changed */
	LANE_MAY_READ, /* that depends on what nobody knows yet */
	LANE_UNREACHED,
};
/*
 * Does the cell read what differs from the state before? impact_unreached()
 * tells; what is not known to be read (unread: there are units of which it is
 * not) is settled by the #include lines of all states, where they can.
 * LANE_UNREACHED: reason is owned.
 */
enum lane_reach lane_reach(struct lane *l, const struct read_set *r,
			   const struct state *state, bool unread,
			   char **reason);
bool lane_is_unreached(struct lane *l, const struct read_set *r,
		       const struct state *state, bool unread, char **reason);

/* lane_memory.c */
/* What single changes do to the lane's baseline. */
struct impact_memo *lane_memo(struct lane *l);
/* Frees crew.earlier. */
void lane_memory_release(struct crew *c);
/* Proves that l->patch cannot differ from the patch before, or finds it in the
 * store: then s is filled. */
bool lane_unreached(struct lane *l, struct step_result *s);
/* Sets step_cell and step_key for state l->patch with these goals. */
void lane_name_step(struct lane *l, const struct strlist *goals);
/* True when the store has the result of state l->patch with these goals: s is
 * filled, and what the step had read is added to the lane's reads. *unread: as in
 * struct lane. */
bool lane_remembered(struct lane *l, const struct strlist *goals,
		     struct step_result *s, bool *unread);
/* Stores a finished step, with what the objtree and the quick pass say that it
 * read, and l->unread. */
void lane_remember(struct lane *l, const struct step_result *s);

/* lane_replay.c */
/* make ended in prepare: true when an earlier state is built first, so that its
 * commands are known (or the lane failed); then lane_step() is to be called again. */
bool lane_ground(struct lane *l, const struct make_log *log);
/* make ended in prepare: looks at the units behind it; log: what make did try. True:
 * their replay was started, or the lane failed. */
bool lane_replay(struct lane *l, struct step_result *s,
		 const struct make_log *log);

/* lane_ask.c */
/* Asks run_opts.next, sets l->patch. LANE_AGAIN: there is a step to do. */
enum lane_progress lane_ask(struct lane *l);
/* Starts run_opts.probe on l->patch; 1: it runs, or the lane failed. The step is
 * done when it ends. */
int lane_probe(struct lane *l);
/* With run_opts.next, instead of lane_unreached(): proves that l->patch cannot
 * differ from some judged state of the cell; then s is filled. */
bool lane_like_another(struct lane *l, struct step_result *s);
/* What the lane knows that its cell reads is known to the cell's other lanes. */
void lane_share_reads(struct lane *l);

/* lane_image.c */
bool lane_is_image(const struct lane *l);
void lane_image_init(struct lane *l);
void lane_image_free(struct lane *l);
/* All states are done. */
void lane_image_done(struct lane *l);
/* What a whole kernel is to make: vmlinux and, where there are any, modules. */
void lane_image_goals(const struct lane *l, struct strlist *goals);
/* Is it one of the units that the objects' build makes (and not the link)? */
bool lane_image_is_unit(const char *target);
/* The base's result is known: learns what its link is like. */
void lane_image_base(struct lane *l, struct step_result *s);
/* The step has to be built, since its link has not been seen yet. */
bool lane_image_must_link(const struct lane *l);
/* What make is asked for in the step l->patch. */
void lane_image_argv(struct lane *l, const struct strlist *goals,
		     struct strlist *argv);
/* The build is over (finished: make came to its end) and harvested; adds what is
 * to be said of the link. True: a child links; it ends the step. */
bool lane_image_judge(struct lane *l, struct step_result *s,
		      const struct make_log *log, bool finished);
/* The step's link cannot be asked for: a unit fails, or the quick pass alone has
 * looked. In a run it is taken to be as before. */
void lane_image_not_asked(struct lane *l, struct step_result *s);
/* May a remembered step be taken? At the tip, and in a bisection, only one that was
 * linked. */
bool lane_image_recall(struct lane *l, const char *key);
/* The step that lane_image_recall() was asked for is taken. */
void lane_image_recalled(struct lane *l);
void lane_image_remember(struct lane *l);

/* lane_step.c */
void lane_write_log(struct lane *l, struct step_result *s,
		    const struct proc_result *res, bool append);
/* Do these units, and none that holds an object as it is, make up a command? Then
 * the compiler sees all that is read. */
bool lane_compiles_targets_only(const struct lane *l,
				const struct strlist *names);
/* The build is over; finished: make came to its end. */
void lane_finish_step(struct lane *l, struct step_result *s, bool finished);
/* Reads units and the Kconfig read-set of the baseline. */
int lane_read_units(struct lane *l);
void lane_read_set(struct lane *l, struct read_set *r);
/* What the step's build is to be read with. */
void lane_harvest(const struct lane *l, struct harvest *h);
/* Steps that need no build are done here; then 0; 1: a build was started (or
 * the lane failed). */
int lane_step(struct lane *l);
/* The command that builds goals in an O= which holds .config alone. */
void lane_empty_argv(const struct lane *l, const struct strlist *goals,
		     struct strlist *argv);
/* Is there a file of this name at a state? */
bool lane_has_file(const struct lane *l, const char *path,
		   const struct state *s);
/* Does the unit belong to what this cell was asked to build? */
bool lane_is_target(const struct lane *l, const char *target);
/* How many of the units that an impact reaches the cell was asked to build. */
unsigned lane_units_reached(const struct lane *l, const struct impact *im);
/* Result of the base, from the baseline. */
void lane_base_result(struct lane *l);
/* Make goals at a state: paths, and dependents whose source exists there. */
void lane_goals(const struct lane *l, const struct state *s,
		struct strlist *goals);
/* True when the state's files outside KVM can change what kbuild lists. */
bool lane_needs_tip_listing(const struct lane *l);
void lane_step_done(struct lane *l);

#endif
