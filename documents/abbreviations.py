"""Words around a dot that decide whether it ends a sentence: lower case, an abbreviation without its last dot."""

from __future__ import annotations

from documents.words import word_set

# A dot after these never ends a sentence.
NEVER_LAST = word_set(
    """mr mrs ms mx dr prof rev hon messrs capt cmdr col gen lt maj sgt sen rep gov pres supt
    mme mlle mlles mm hr frl sra srta dra dott dipl ing
    e.g i.e eg ie cf viz vs v.s approx resp ca bzw vgl bspw z.b d.h u.a p.ej z.t
    т.е т.к т.н им ул г-н г-жа"""
)

# A dot after these does not end a sentence when a number follows.
NEVER_LAST_BEFORE_DIGITS = word_set(
    """no nos nr nrn num fig figs eq eqs sec secs sect ch chap vol vols p pp par art ref refs tab app ver
    jan feb mar apr jun jul aug sep sept oct nov dec st hwy rd ave ext tel
    bd abb abs kap s n° núm pág cap рис стр табл гл"""
)

# A dot after these ends a sentence only before a word of ``OFTEN_FIRST``.
SELDOM_LAST = word_set(
    """st mt ft jr sr inc ltd co corp bros llc plc dept univ assn est govt etc al ed eds trans repr
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    ave blvd rd bldg no fig figs vol usw u.s.w mio mrd tsd ee uu т.д т.п"""
)

# Words that often begin a sentence.
OFTEN_FIRST = word_set(
    """the this that these those it its he she they we you his her their our my i a an and but or so yet
    in on at by for from with to of as if when while where since after before during until although though
    because however therefore thus hence moreover furthermore meanwhile instead then there here what who why
    how which some many most all each every both no not now today one two let is are was were do does did
    can will would should may might must according another other such under over between among
    der die das ein eine er sie es wir ihr im am und aber wenn als nach bei mit
    le la les un une il elle ils elles nous vous on ce cette ces dans en et mais si
    el los las una ella ellos nosotros este esta y pero con por para
    он она они мы вы это в на и но если"""
)

# A number with a dot before these is an ordinal, as in "am 3. Oktober".
ORDINAL_NOUNS = word_set(
    """januar februar märz april mai juni juli august september oktober november dezember jahrhundert
    januari februari mars maj augusti oktober december jahrhunderts auflage"""
)
