"""Writes cron.json beside itself: firings as the cronsim package (BSD licence), which follows Debian's cron, computes
them. Run it with `pip install cronsim tzdata`; nothing needs it when the tests run."""
import datetime
import json
import pathlib
import random
import zoneinfo

from cronsim import CronSim

COUNT = 5
HALF_HOUR = "Australia/Lord_Howe"

# Starts near what is hard in each zone: clocks that skip and repeat an hour, half an hour, midnight, a whole day.
ZONES = {
    "UTC": ["2026-01-01T00:00", "2027-12-31T23:59", "2096-02-28T12:00"],
    "Asia/Shanghai": ["2026-06-30T12:34"],
    "Asia/Kathmandu": ["2026-02-27T20:00"],
    "Europe/Berlin": ["2026-03-28T22:00", "2026-03-29T00:30", "2026-10-24T22:00", "2026-10-25T00:15", "2026-10-25T00:45", "2026-10-25T01:20"],
    "Europe/Dublin": ["2026-03-28T23:30", "2026-10-24T23:10"],
    "America/New_York": ["2026-03-08T05:00", "2026-11-01T04:30", "2026-11-01T05:40", "2026-11-01T06:10"],
    "America/Sao_Paulo": ["2018-11-03T20:00", "2018-02-17T22:00"],
    "Australia/Lord_Howe": ["2026-04-04T13:00", "2026-10-03T14:00"],
    "Pacific/Apia": ["2011-12-29T00:00"],
}

EXPRESSIONS = """
* * * * *|*/5 * * * *|*/7 * * * *|0 * * * *|30 * * * *|15,45 * * * *|59 * * * *|0 */2 * * *|30 */3 * * *
30 2 * * *|0 2 * * *|15 2 * * *|45 1 * * *|0,30 1-3 * * *|10-20/5 2 * * *|0 0 * * *|30 0 * * *|59 23 * * *
0 3 * * 0|30 2 * * SUN|15 1 * * 7|0 12 * * MON-FRI|5 4 * * 1,3,5|0 9 * * 5-7
0 0 1 * *|0 0 31 * *|0 0 L * *|30 23 L FEB *|0 0 29 2 *|0 0 29 2 */7|0 0 30 * *|0 6 1,15 * *|0 0 13 * FRI|0 0 */2 * 1
0 0 1-7 * */7|0 0 * * 1-5/2|0 0 1 JAN,JUL *|0 0 1 1-12/3 *|* 1 * * *|* 2 * * *|*/10 1-2 * * *|1-59/2 0-6/2 * 3,10,11 0
""".replace("\n", "|").strip("|").split("|")


def randomly(generator):
    def field(low, high):
        kind = generator.randrange(6)
        a, b = sorted(generator.sample(range(low, high + 1), 2))
        return ["*", f"*/{generator.randint(1, high)}", str(a), f"{a}-{b}", f"{a}-{b}/{generator.randint(1, 5)}", f"{a},{b}"][kind]
    return " ".join(field(*limits) for limits in [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)])


def on_the_wall(source, zone, second):
    """cronsim steps by whole hours and misses the half hour by which these clocks change: try every minute instead."""
    while True:
        second += 60
        local = datetime.datetime.fromtimestamp(second, zoneinfo.ZoneInfo(zone))
        if local.minute in source.minutes and local.hour in source.hours and local.month in source.months:
            if source.match_day(local.date()):
                return second


def firings(expression, zone, start):
    moment = datetime.datetime.fromisoformat(start + "+00:00")
    source = CronSim(expression, moment.astimezone(zoneinfo.ZoneInfo(zone)) if zone != "UTC" else moment)
    found, second = [], int(moment.timestamp())
    while len(found) < COUNT:
        second = int(next(source).timestamp()) if zone != HALF_HOUR or source.fixup_tz else on_the_wall(source, zone, second)
        # Two times that clocks skip are one instant, which cronsim names twice. And after a fold it may go back.
        if second > (found[-1] if found else int(moment.timestamp())):
            found.append(second)
    return [int(moment.timestamp()), found]


def main():
    generator = random.Random(7)
    cases = []
    for zone, starts in ZONES.items():
        for expression in EXPRESSIONS:
            chosen = starts if len(expression) < 12 or zone == "UTC" else [generator.choice(starts)]
            cases += [[expression, zone, *firings(expression, zone, start)] for start in chosen]
    for _ in range(400):
        zone = generator.choice(list(ZONES))
        expression = randomly(generator)
        try:
            cases.append([expression, zone, *firings(expression, zone, generator.choice(ZONES[zone]))])
        except Exception as error:  # cronsim refuses what never fires; there is no vector for it.
            print(expression, repr(error))
    text = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    pathlib.Path(__file__).with_name("cron.json").write_text(f"[\n{text}\n]\n")
    print(len(cases), "cases")


main()
