from . import res_company_evidence
from . import dunning_evidence
from . import dunning_evidence_take
from . import dunning_evidence_file
from . import dunning_evidence_file_content
from . import dunning_evidence_file_pages
from . import dunning_evidence_file_pdf
from . import dunning_evidence_file_zip
