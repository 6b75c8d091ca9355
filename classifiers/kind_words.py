"""Words for people: what a legal kind, its reason and the model's doubt are called on the screen."""

from config.i18n import gettext as _


def kind_name(kind: str) -> str:
    """The name of a legal kind in the reader's language; the code itself if it is unknown."""
    names = {
        "petitie": _("Petition"),
        "informatii-publice": _("Request for public information"),
        "audienta": _("Request for an audience"),
        "presa": _("Question from the press"),
        "plangere-prealabila": _("Prior complaint"),
        "date-personale": _("Personal data request"),
        "reclamatie-administrativa": _("Administrative complaint"),
        "corespondenta-institutii": _("Letter from an institution"),
        "act-instanta": _("Court paper"),
        "invitatie": _("Invitation"),
        "multumire": _("Thanks"),
        "angajare": _("Job application"),
        "oferta": _("Commercial offer"),
        "altele": _("Other letter"),
    }
    return names.get(kind, kind)


def kind_reason_sentence(reason: str) -> str:
    """Why a kind was chosen, as a sentence, for `Understanding.kind_reason`."""
    sentences = {
        "court-paper": _("The letter uses the words of a court's summons or order."),
        "administrative-complaint": _("The letter calls itself an administrative complaint (Law 544/2001 art. 21)."),
        "prior-complaint": _("The letter is a prior complaint or cites Law 554/2004 and asks to annul an act."),
        "data-protection": _("The letter uses a right over personal data (GDPR)."),
        "press": _("The writer speaks for the press."),
        "public-information": _("The letter asks for public information or cites Law 544/2001."),
        "audience": _("The letter asks to be received."),
        "job-application": _("The letter applies for a job."),
        "commercial-offer": _("The letter offers goods or services."),
        "invitation": _("The letter invites to an event."),
        "institution": _("The letter is written by an institution."),
        "thanks": _("The letter thanks and asks for nothing."),
        "other": _("The letter is about something that is no matter of the town hall."),
        "learned": _("Similar to letters of this kind in the training corpus."),
        "default": _("No sign of another kind: treated as a petition (OG 27/2002)."),
    }
    return sentences.get(reason, reason)


def doubt_sentence(reason: str) -> str:
    """Why a person must choose the topic, as a sentence, for `Understanding.abstain_reason`."""
    sentences = {
        "empty": _("There is no text to read."),
        "language": _("The letter is not in Romanian; the model is not reliable here."),
        "two-matters": _("The letter is about two matters; a person must say which one leads."),
        "unsure": _("The model is not sure enough of the topic."),
    }
    return sentences.get(reason, reason)
