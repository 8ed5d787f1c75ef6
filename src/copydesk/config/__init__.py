"""Owns what outlives a run: one configuration from flags, environment and files, what is trusted and remembered."""

from copydesk.config.choices import ScreenChoices as ScreenChoices
from copydesk.config.choices import read_choices as read_choices
from copydesk.config.choices import write_choices as write_choices
from copydesk.config.parsing import PROJECT_FILE as PROJECT_FILE
from copydesk.config.parsing import WHERE_CHECKS_STAND as WHERE_CHECKS_STAND
from copydesk.config.parsing import parse_config as parse_config
from copydesk.config.remembered import RuleBook as RuleBook
from copydesk.config.settings import DEFAULT_MODEL as DEFAULT_MODEL
from copydesk.config.settings import Config as Config
from copydesk.config.sources import environment_config as environment_config
from copydesk.config.sources import personal_config as personal_config
from copydesk.config.sources import user_config_file as user_config_file
from copydesk.config.state import StateHome as StateHome
from copydesk.config.state import WorkspaceState as WorkspaceState
from copydesk.config.state import find_state_home as find_state_home
from copydesk.config.trust import Trust as Trust
from copydesk.config.trust import read_trust as read_trust
from copydesk.config.trust import write_trust as write_trust
